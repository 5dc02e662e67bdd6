#pragma once

#include <cstdint>
#include <span>

#include "ring/layout.hpp"

namespace slabring::ring {

/// The trainer's side of a ring: the only one that arms slabs. Calls on one slab, and all calls of arm(), must be
/// serialised by the caller.
class ConsumerPort {
 public:
  ConsumerPort() = default;
  explicit ConsumerPort(const View& view) noexcept : view_(view) {}

  /// Opens `slab` for batch `batch` of the run, the `index`-th of its epoch, with these samples, and wakes a worker.
  /// `occurrences`: of each sample in its epoch; empty: 0. Without samples the batch is complete at once.
  /// Requires: the slab is free; batches are armed in order, one after another; samples.size() <= batch_size.
  void arm(std::uint32_t slab, std::uint64_t batch, std::uint64_t epoch, std::span<const SampleId> samples,
           std::uint64_t index = 0, std::span<const std::uint64_t> occurrences = {}) noexcept;

  /// Takes every row of the batch that no worker has claimed yet, so that it becomes complete without work. The claimed
  /// ones finish on the ordinary path: wait for complete() before reuse.
  /// Requires: `slab` was armed for `batch` with `rows` rows.
  void cancel(std::uint32_t slab, std::uint64_t batch, std::uint32_t rows) noexcept;

  bool complete(std::uint32_t slab) const noexcept { return view_.complete(slab); }
  Bell& ready() const noexcept { return view_.ring().ready; }

  /// Tells every worker to end.
  void stop() noexcept;

  const View& view() const noexcept { return view_; }

 private:
  View view_;
};

}  // namespace slabring::ring
