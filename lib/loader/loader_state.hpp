#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "slabring/dataset.hpp"
#include "slabring/options.hpp"
#include "slabring/transform.hpp"

namespace slabring {

/// What the samples of a run depend on, but for what is in the files: two runs with equal identities deliver equal
/// samples in the same order. How many ranks divide them into batches of what size is no part of it.
struct RunIdentity {
  std::uint64_t samples = 0;
  std::string dataset;   ///< Dataset::fingerprint in hexadecimal
  std::string pipeline;  ///< of its JSON; of a Lambda, only that there is one
  std::uint64_t seed = 0;
  std::string sampler;  ///< Sampler::description
  bool drop_last = false;
  std::string uneven;
  bool substitute = false;  ///< on_error is OnError::substitute, which alone changes what is delivered
  std::string dtype;
  std::string layout;
  std::string jpeg_scale;
};

/// Requires: options are resolved (resolve_options).
RunIdentity identity_of(const Dataset& dataset, const Pipeline& pipeline, const LoaderOptions& options);

/// Where a run stands: the position up to which all ranks together have delivered an epoch. Less than 1 KB as JSON.
struct LoaderState {
  std::uint64_t epoch = 0;
  std::uint64_t position = 0;
  RunIdentity run;

  std::string to_json() const;
  /// Throws Error(state) for whatever is not what to_json() writes.
  static LoaderState from_json(std::string_view text);
};

/// Throws Error(state) that names the first difference, and both values.
void refuse_other_run(const RunIdentity& saved, const RunIdentity& present);

}  // namespace slabring
