#pragma once

#include <cstdint>
#include <memory>

#include "plan/sampler_spec.hpp"
#include "slabring/sample.hpp"

namespace slabring {

/// One occurrence of a sample in an epoch. What is random about its row is a function of (seed, epoch, id, occurrence):
/// 0 for samples that occur once, so that every order of different samples augments each alike.
struct PlannedSample {
  SampleId id{};
  std::uint64_t occurrence = 0;
  bool operator==(const PlannedSample&) const = default;
};

/// Which sample stands at which position of an epoch: a pure function of (sampler, samples, seed). No I/O, and no
/// memory that grows with the dataset but the sampler's own tables (and, for weights without replacement, the orders of
/// two epochs). Remembers what it computed for the epoch asked for last, so one object serves one thread.
class EpochOrder {
 public:
  virtual ~EpochOrder() = default;
  /// Positions of every epoch; of batches() all samples in all of them.
  virtual std::uint64_t positions() const noexcept = 0;
  /// Requires: position < positions().
  virtual PlannedSample at(std::uint64_t epoch, std::uint64_t position) noexcept = 0;
};

/// Requires: check_sampler(spec, samples, ...) passed, 1 <= samples <= Permutation::max_size.
std::unique_ptr<EpochOrder> make_epoch_order(const SamplerSpec& spec, std::uint64_t samples, std::uint64_t seed);

}  // namespace slabring
