#pragma once

#include <cstdint>

#include "slabring/dataset.hpp"

namespace slabring {

/// What a dataset is as well when it knows a label without reading the sample.
class KnowsLabels {
 public:
  virtual ~KnowsLabels() = default;
  /// As Sample::label() after load(). Requires: to_index(id) < size() of the dataset.
  virtual std::int64_t label_of(SampleId id) const = 0;
};

/// The label alone, for what looks at all of them. Reads the sample where the kind does not know it. Throws what load()
/// throws.
std::int64_t label_of(const Dataset& dataset, SampleId id);

}  // namespace slabring
