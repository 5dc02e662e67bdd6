#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <variant>
#include <vector>

#include "array.hpp"
#include "slabring/loader.hpp"

namespace slabring::python {

/// What `next` takes from a batch: images and extra arrays in place, the small columns as copies, so that who keeps
/// labels or ids keeps no slab. With a device images and labels are there.
struct Delivered {
  AnyArray images;
  AnyArray labels;                   ///< int64
  std::vector<Array> extras;         ///< in place; of Dataset::extra_arrays()
  Array ids;                         ///< int64
  Array status;                      ///< int32
  std::optional<Array> soft_labels;  ///< float32 [N, classes], with MixUp or CutMix
  std::vector<SampleFault> faults;
  std::uint64_t epoch = 0;
  std::uint64_t index = 0;
};

/// What is done about a batch that would hold one of the last slabs.
enum class WhenHeld : std::uint8_t {
  raise,  ///< nothing: next() throws once every slab is held
  copy,   ///< its images and extra arrays are copied and the slab goes on
};

/// Whether the ring is pinned, and the GPU that batches are taken to.
struct Placement {
  bool pin = false;
  std::optional<int> device{};  ///< with a device it is pinned, too
};

/// A Loader as Python uses it: from any thread, one at a time; after a fork; closed while batches are held. Knows no
/// Python; every call may wait, so the caller has let go of the interpreter's lock.
class LoaderHandle {
 public:
  /// Called while waiting, about ten times a second; what it throws ends the wait.
  using WhileWaiting = std::function<void()>;

  LoaderHandle(std::shared_ptr<const Dataset> dataset, Pipeline pipeline, const LoaderOptions& options,
               WhenHeld when_held, const Placement& placement, WhileWaiting while_waiting);
  ~LoaderHandle();
  LoaderHandle(const LoaderHandle&) = delete;
  LoaderHandle& operator=(const LoaderHandle&) = delete;

  /// Begins an epoch; returns the number of this pass, for next().
  std::uint64_t begin(std::uint64_t epoch);
  /// The next batch of the pass, or nothing at its end. Throws Error(invalid_argument) when a later pass was begun.
  std::optional<Delivered> next(std::uint64_t pass);
  std::string state();
  LoaderStats stats();
  /// Ends workers and coordinator; idempotent. Images that are held stay valid.
  void close();

  /// Batches whose images are still in use.
  int held() const noexcept { return held_->load(); }
  std::uint64_t batches_per_epoch() const noexcept { return batches_per_epoch_; }
  std::uint64_t samples_per_epoch() const noexcept { return samples_per_epoch_; }
  std::uint64_t first_epoch() const noexcept { return first_epoch_; }
  RowShape row_shape() const noexcept { return row_shape_; }
  const LoaderOptions& options() const noexcept { return options_; }
  /// Of the extra arrays; empty for one that has none.
  std::vector<std::string> extra_names() const;

 private:
  class Use;
  /// The batch behind the one delivered last, on its way to the device already; or what is wrong with it.
  using Ahead = std::variant<std::monostate, Delivered, std::exception_ptr>;

  std::optional<Delivered> take(Loader& loader);
  std::optional<Delivered> take_ahead();
  void look_ahead(Loader& loader) noexcept;
  std::uint32_t ahead() const noexcept { return ahead_.index() == 0 ? 0 : 1; }
  void give_in_place(Batch batch, Delivered& delivered);
  void take_to_device(Batch batch, Delivered& delivered);
  void await_slabs();
  std::size_t most_copies() const noexcept;
  bool should_copy() const noexcept;

  WhileWaiting while_waiting_;
  std::shared_ptr<const Dataset> dataset_;
  std::timed_mutex mutex_;                ///< one thread at a time
  std::atomic<std::thread::id> user_;     ///< who has it
  std::unique_ptr<DeviceCopier> copier_;  ///< null: batches stay in the ring
  std::unique_ptr<Loader> loader_;        ///< null: closed
  std::shared_ptr<std::atomic<int>> held_ = std::make_shared<std::atomic<int>>(0);
  WhenHeld when_held_;
  std::uint64_t pass_ = 0;
  Ahead ahead_;
  pid_t owner_;

  // Fixed when it is made, so that asking needs no lock.
  LoaderOptions options_;
  RowShape row_shape_;
  std::uint64_t batches_per_epoch_;
  std::uint64_t samples_per_epoch_;
  std::uint64_t first_epoch_;
};

}  // namespace slabring::python
