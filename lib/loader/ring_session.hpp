#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "device/pinned_slabs.hpp"
#include "engine/row_worker.hpp"
#include "plan/epoch_plan.hpp"
#include "process/coordinator_process.hpp"
#include "process/ring_memory.hpp"
#include "process/worker_setup.hpp"
#include "ring/consumer_port.hpp"
#include "slabring/batch.hpp"
#include "slabring/options.hpp"
#include "slabring/stats.hpp"
#include "slabring/tensor.hpp"

namespace slabring {

/// The trainer's side of one ring: which slab holds which batch, what is armed next, and the processes behind it.
/// Shared by the Loader and every Batch, so that a lease may outlive its Loader.
///
/// All that matters is kept here privately: batch numbers, ids, row counts. Shared memory is asked for pixels, labels
/// and statuses only.
///
/// Thread rule: release() from any thread; everything else from the iterating thread.
class RingSession : public std::enable_shared_from_this<RingSession> {
 public:
  RingSession(RingMemory memory, const Work& work, const LoaderOptions& options, const RowShape& row_shape);
  ~RingSession();
  RingSession(const RingSession&) = delete;
  RingSession& operator=(const RingSession&) = delete;

  /// Starts another coordinator over the same ring; does not wait until it is ready.
  using Relaunch = std::function<CoordinatorProcess(const RingMemory& memory)>;
  /// Gives the session the processes that will fill it, and, unless it is empty, what replaces them when the
  /// coordinator is killed. Requires: called once, before begin(), unless workers == 0.
  void supervise(CoordinatorProcess coordinator, Relaunch relaunch);

  /// Starts epoch `number` at position `first`. Requires: first is no more than the positions of an epoch.
  void begin(std::uint64_t number, std::uint64_t first = 0);
  /// Where the iteration stands: where in its epoch the batch begins that next() delivers, of all ranks together.
  struct Position {
    std::uint64_t epoch = 0;
    std::uint64_t position = 0;
  };
  /// `ahead`: without the last so many batches. Throws Error(invalid_argument): next() has not delivered so many of the
  /// epoch, or the ring has fewer slabs.
  Position position(std::uint32_t ahead = 0) const { return progress(ahead).at; }
  /// No batch begins at `position` of an epoch.
  bool ends_at(std::uint64_t position) const noexcept { return !plan_.batch_at(position); }
  /// The next batch of the epoch, or an empty one. See Loader::next.
  Batch next(const std::function<void()>& while_waiting = {});
  /// next() would return a batch, and wait for nobody.
  bool is_ready() const;
  /// Stops workers and coordinator; leases stay valid. Idempotent.
  void close() noexcept;

  /// Requires: `slab` is held.
  void release(std::uint32_t slab) noexcept;

  /// What a lease shows; fixed while the slab is held.
  struct SlabState {
    enum class Phase : std::uint8_t { free, armed, held };
    Phase phase = Phase::free;
    std::uint64_t batch = 0;  ///< sequence number in the run
    std::uint64_t epoch = 0;
    PlannedBatch plan;
    std::vector<SampleId> ids;
    std::vector<SampleStatus> statuses;
    std::vector<SampleFault> faults;  ///< of the rows whose planned sample failed
  };
  const SlabState& state(std::uint32_t slab) const noexcept { return slabs_[slab]; }
  const ring::View& view() const noexcept { return memory_.view(); }
  const RowShape& row_shape() const noexcept { return row_shape_; }
  std::span<const ExtraArray> extra_arrays() const noexcept { return extra_arrays_; }
  /// Of the labels, where rows are mixed; 0: they are not.
  int classes() const noexcept { return classes_; }
  std::span<std::byte> region() const noexcept { return memory_.data().bytes(); }

  /// See Loader::pin_memory.
  bool pin(const CudaOptions& cuda);

  std::uint64_t batches_per_epoch() const noexcept { return plan_.batches(); }
  std::uint64_t rows_per_epoch() const noexcept { return plan_.rows(); }
  /// `ahead`: as for position().
  LoaderStats stats(std::uint32_t ahead = 0) const;
  const std::vector<SampleFault>& failed_samples() const noexcept { return failed_samples_; }

 private:
  using Clock = std::chrono::steady_clock;
  /// What next() has delivered.
  struct Progress {
    Position at;
    std::uint64_t batches = 0;
    std::uint64_t samples = 0;
    std::uint64_t padded = 0;
    std::uint64_t absent = 0;
    std::uint64_t faults = 0;
  };

  Progress progress(std::uint32_t ahead) const;
  bool in_owner() const noexcept;
  void refuse_forks() const;
  std::optional<std::uint32_t> slab_of(std::uint64_t batch) const noexcept;
  void arm_free_slabs();
  void cancel_armed();
  void wait_complete(std::uint32_t slab, const std::function<void()>& while_waiting = {});
  void fill_here(std::uint32_t slab, const std::function<void()>& while_waiting);
  void wait_for_workers(std::uint32_t slab, const std::function<void()>& while_waiting);
  void check_coordinator(std::uint32_t slab);
  bool take_over();
  void take_rows_back();
  void take(std::uint32_t slab);
  void take_row(std::uint32_t slab, std::uint32_t row);
  void clear_row(std::uint32_t slab, std::uint32_t row);
  SampleFault fault_of(std::uint32_t slab, std::uint32_t row) const;
  void remember(const SampleFault& fault);
  std::uint64_t rows_done() const noexcept;
  std::uint64_t progress_made() const noexcept;
  std::chrono::milliseconds patience() const noexcept;
  std::string describe_stall(std::uint32_t slab) const;
  std::string describe_slabs() const;
  std::string describe_workers() const;

  RingMemory memory_;
  std::unique_ptr<const PinnedSlabs> pinned_;  ///< of memory_; null: it is not
  std::string pin_failure_;
  ring::ConsumerPort port_;
  Work work_;
  LoaderOptions options_;
  RowShape row_shape_;
  std::vector<ExtraArray> extra_arrays_;  ///< a copy: leases may outlive the dataset
  int classes_;                           ///< a copy: leases may outlive the program
  EpochPlan plan_;
  std::optional<RowWorker> own_worker_;  ///< with workers = 0
  CoordinatorProcess coordinator_;
  Relaunch relaunch_;
  pid_t owner_;  ///< the trainer: a fork of it has this object, but neither the ring's memory nor its processes

  mutable std::mutex mutex_;  ///< guards what release() shares with the iterating thread:
  std::vector<SlabState> slabs_;
  std::vector<std::uint64_t> occurrences_;  ///< of the batch that is armed
  bool closed_ = false;
  std::uint64_t armed_ = 0;      ///< batches armed so far: the next one's number in the run
  std::uint64_t arm_epoch_ = 0;  ///< what is armed next
  std::uint64_t arm_position_ = 0;
  bool started_ = false;  ///< begin() was called

  // Of the iterating thread alone.
  std::uint64_t deliver_ = 0;  ///< number in the run of the batch delivered next
  std::uint64_t epoch_ = 0;
  std::uint64_t position_ = 0;
  std::vector<Progress> before_;  ///< before each of the last batches, as many as slabs; by counted_.batches
  std::uint64_t batches_before_epoch_ = 0;
  std::uint64_t epochs_begun_ = 0;
  int futile_takeovers_ = 0;         ///< in a row, without a row done between them
  std::uint64_t takeover_rows_ = 0;  ///< rows_done() at the last one
  LoaderStats counted_;
  std::vector<SampleFault> failed_samples_;  ///< each once
  std::unordered_set<std::uint64_t> failed_ids_;
};

}  // namespace slabring
