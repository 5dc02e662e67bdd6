#pragma once

#include <string>
#include <string_view>

#include "slabring/dataset.hpp"

namespace slabring::cli {

/// What samples are called in a pack: as the source does, without where the source lies.
class SampleNames {
 public:
  /// `source`: as it was named on the command line.
  SampleNames(const Dataset& dataset, const std::string& source);
  std::string name(SampleId id) const;

 private:
  const Dataset& dataset_;
  std::string prefix_;  ///< of every description, up to and with a slash
};

/// A name that may be written beneath a folder: no part of it leads out. Empty when there is none like that.
std::string safe_relative_path(std::string_view name);

}  // namespace slabring::cli
