#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "engine/row_engine.hpp"
#include "engine/row_options.hpp"
#include "ring/worker_port.hpp"

namespace slabring {

/// A worker: claims rows of a ring, fills them, publishes them. Runs in a worker process, or a row at a time in the
/// trainer when it has no workers.
class RowWorker {
 public:
  /// Requires: dataset and program outlive the worker.
  RowWorker(const ring::View& view, std::uint32_t slot, const Dataset& dataset, const Program& program,
            const RowOptions& options);

  /// Works until the ring is stopped.
  void run() noexcept;
  /// Or until `wanted` says no, which is asked between rows and at least once a second.
  void run_while(const std::function<bool()>& wanted);

  /// Fills one row if there is one to fill; false: nothing is free now.
  bool step() noexcept;

 private:
  /// Sleeps this long at most before it looks up; every event rings, so this is for the unthinkable only.
  static constexpr std::chrono::milliseconds look_up{10'000};

  void work_on(const ring::Claim& first) noexcept;
  void work_on_row(const ring::Claim& claim) noexcept;
  void write_row(const ring::Claim& claim) noexcept;
  void substitute(const ring::Claim& claim, std::uint32_t first) noexcept;
  RowEngine::Outcome fill(const ring::Claim& claim, SampleId id) noexcept;
  RowEngine::Place place_of(const ring::Claim& claim) noexcept;
  RowEngine::Outcome fill_mixed(const ring::Claim& claim, const PlannedSample& sample,
                                std::span<std::byte> pixels) noexcept;
  void accept(const ring::Claim& claim, const RowEngine::Outcome& outcome, SampleStatus status) noexcept;
  void read_ahead(std::uint64_t ticket) const noexcept;
  void count_decoded(ring::Slot& slot) const noexcept;

  ring::WorkerPort port_;
  RowEngine engine_;
  RowOptions options_;
  std::uint64_t read_ahead_distance_;
  std::uint32_t rows_a_claim_;
  std::vector<std::span<std::byte>> extras_;  ///< of the row in hand
  std::uint64_t native_before_;               ///< by the workers that had the slot before
  std::uint64_t fallback_before_;
};

}  // namespace slabring
