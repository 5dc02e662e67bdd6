#pragma once

#include <cstdint>
#include <string>

#include "plan/shared_array.hpp"
#include "slabring/sampler.hpp"

namespace slabring {

enum class SamplerKind : std::uint8_t {
  sequential,
  random,
  with_replacement,
  weighted,
  class_balanced,
  subset,
  order,
  batches,
  window_shuffle,
};

/// One column of an alias table (Walker, "New fast method for generating discrete random numbers", 1974): drawn as
/// often as any other, and then itself with probability `keep`, else `alias`.
struct AliasColumn {
  double keep;
  std::uint64_t alias;
};

/// What a Sampler is; checked as far as that goes without a dataset.
struct SamplerSpec {
  SamplerKind kind = SamplerKind::sequential;
  bool shuffle = false;            ///< subset
  bool replacement = false;        ///< weighted
  std::uint64_t draws = 0;         ///< positions of an epoch; 0: as many as the dataset has samples
  std::uint64_t window = 0;        ///< window_shuffle
  std::uint64_t length = 0;        ///< of a virtual epoch; 0: not repeated
  std::uint64_t entries = 0;       ///< of a table with one for each sample of the dataset; 0: no such table
  std::uint64_t largest_id = 0;    ///< in `ids`
  std::uint64_t longest = 0;       ///< batches: the samples of the largest
  SharedArray<std::uint64_t> ids;  ///< subset, order; batches: one after the other; class_balanced: class after class
  SharedArray<std::uint64_t> starts;  ///< batches, class_balanced: where each begins in `ids`, and the end of the last
  SharedArray<std::uint32_t> occurrences;  ///< how often each of `ids` has occurred before; empty: all are different
  SharedArray<AliasColumn> columns;        ///< weighted, with replacement
  SharedArray<double> weights;             ///< weighted, without
  std::string description;
};

/// Throws Error(invalid_argument) when the sampler does not fit a dataset of `samples`, or has a batch of more than
/// `batch_size`.
void check_sampler(const SamplerSpec& spec, std::uint64_t samples, std::uint64_t batch_size);

}  // namespace slabring
