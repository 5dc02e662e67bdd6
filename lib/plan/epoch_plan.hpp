#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "plan/permutation.hpp"
#include "slabring/sample.hpp"

namespace slabring {

/// Requires: samples <= Permutation::max_size, batch_size >= 1.
struct PlanOptions {
  std::uint64_t samples = 0;  ///< of the dataset
  std::uint32_t batch_size = 1;
  bool shuffle = false;
  bool drop_last = false;
  std::uint64_t seed = 0;
};

/// Which samples make up which batch of which epoch: a pure function, no I/O, any batch of any epoch in any order.
/// Remembers only the permutation of the epoch asked for last, so one object serves one thread.
///
/// A shuffled epoch with drop_last leaves out other samples each time.
class EpochPlan {
 public:
  explicit EpochPlan(const PlanOptions& options) noexcept : options_(options) {}

  const PlanOptions& options() const noexcept { return options_; }
  /// Batches of every epoch; 0 when there are no samples or drop_last leaves nothing.
  std::uint64_t batches() const noexcept;
  /// Samples delivered by every epoch: without what drop_last leaves out.
  std::uint64_t samples() const noexcept;
  /// batch_size, or fewer in the last batch. Requires: batch < batches().
  std::uint32_t rows(std::uint64_t batch) const noexcept;

  /// Fills in the first rows(batch) of `out`. Requires: batch < batches(), out.size() >= rows(batch).
  void ids(std::uint64_t epoch, std::uint64_t batch, std::span<SampleId> out) noexcept;

 private:
  const Permutation& order(std::uint64_t epoch) noexcept;

  PlanOptions options_;
  std::optional<Permutation> order_;
  std::uint64_t order_epoch_ = 0;
};

}  // namespace slabring
