#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "plan/permutation.hpp"
#include "slabring/sample.hpp"

namespace slabring {

struct PlanOptions {
  std::uint64_t samples = 0;  ///< of the dataset
  std::uint32_t batch_size = 1;
  bool shuffle = false;
  bool drop_last = false;
  std::uint64_t seed = 0;
};

/// Which samples make up which batch of which epoch: a pure function, no I/O. Remembers only the permutation of the
/// epoch asked for last, so one object serves one thread.
class EpochPlan {
 public:
  explicit EpochPlan(const PlanOptions& options) noexcept;

  std::uint64_t batches() const noexcept;  ///< of every epoch; 0 when drop_last leaves nothing
  std::uint64_t samples() const noexcept;  ///< of every epoch
  std::uint32_t rows(
      std::uint64_t batch) const noexcept;  ///< batch_size, or fewer in the last. Requires: batch < batches()

  /// Fills in rows(batch) ids. Requires: out.size() >= rows(batch).
  void ids(std::uint64_t epoch, std::uint64_t batch, std::span<SampleId> out);

 private:
  PlanOptions options_;
  std::optional<Permutation> order_;
  std::uint64_t order_epoch_ = 0;
};

}  // namespace slabring
