#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <iterator>
#include <memory>
#include <span>
#include <vector>

#include "slabring/batch.hpp"
#include "slabring/cuda.hpp"
#include "slabring/dataset.hpp"
#include "slabring/error.hpp"
#include "slabring/export.hpp"
#include "slabring/options.hpp"
#include "slabring/stats.hpp"
#include "slabring/transform.hpp"

namespace slabring {

class Epoch;

/// Delivers a Dataset as batches in shared memory, in a fixed order, filled by worker processes.
///
/// The delivered bytes are a function of (dataset, pipeline, sampler, seed, epoch, batch_size, dtype, layout) alone:
/// not of the number of workers, the start method, prefetch, or who was killed. The ranks of a world divide the same
/// epoch among them, whatever their number: batch b of all ranks, one after the other, is batch b of one process that
/// takes world x batch_size samples at a time.
///
/// Thread rule: one thread iterates at a time; Batches may be released from any thread. The destructor ends coordinator
/// and workers; Batches still held stay valid.
///
/// In a fork of the trainer a Loader and its Batches can be destroyed and nothing else: the ring is not mapped there,
/// so epoch(), next() and stats() throw Error(process), and reading a Batch's memory ends the fork.
class SLABRING_API Loader {
 public:
  /// Validates the options, allocates the ring, starts the processes.
  /// Throws Error: invalid_argument (option and value named), dataset (empty), pipeline, state (damaged, or of
  /// another run: says what differs), memory (with the arithmetic), process (worker program missing or of another
  /// version; `fork` refused). Requires: `dataset` outlives the Loader.
  Loader(const Dataset& dataset, Pipeline pipeline, const LoaderOptions& options = {});
  Loader(const Dataset&&, Pipeline, const LoaderOptions& = {}) = delete;
  ~Loader();
  Loader(Loader&&) noexcept;
  Loader& operator=(Loader&&) noexcept;

  /// The batches of epoch `number`, any number in any order, from its first batch (but see first_epoch()). What was
  /// prefetched of another epoch is dropped; leaving the last epoch's loop early needs nothing. Invalidates earlier
  /// Epoch objects of this Loader.
  Epoch epoch(std::uint64_t number);

  /// The next batch of the epoch begun last; an empty Batch at its end. What `for` over epoch() calls.
  /// Throws Error: ring_exhausted at once when every slab is held; sample_fault by policy; process when the coordinator
  /// has died, after every complete batch was delivered; timeout.
  Batch next();
  /// The same, and calls `while_waiting` about ten times a second while the batch is not there (with workers = 0 after
  /// each row of it), on this thread: to look for an interrupt, say. What it throws leaves next(); nothing is lost, and
  /// next() may be called again. It must not use this Loader.
  Batch next(const std::function<void()>& while_waiting);

  /// Whether next() would return a batch without waiting for it: workers have it complete. Without workers nothing is
  /// complete before it is asked for. False at the end of the epoch. For the iterating thread.
  bool ready() const;

  /// Where the iteration stands, as JSON of less than 1 KB: pass it as LoaderOptions::state to another Loader, and the
  /// rest of the epoch is delivered there, byte for byte, whatever its workers, prefetch and start method. It is the
  /// same on all ranks that have delivered as many batches, and may be resumed by another number of ranks and with
  /// another batch_size: these get the samples not yet delivered, each byte for byte, in other batches. O(1), at any
  /// time between two calls of next(). Batches count once next() has returned them (or has thrown their SampleError):
  /// within a loop over epoch() the loop's own batch counts. After an epoch's last batch this is the start of the next.
  /// `ahead`: of the batches delivered, the last ones that do not count yet, as the program has taken them ahead of
  /// their use; of this epoch, and no more than the ring has slabs, else Error(invalid_argument).
  std::string state(std::uint32_t ahead = 0) const;
  /// The epoch to go on with: that of LoaderOptions::state, whose first call of epoch() begins in the middle; else 0.
  std::uint64_t first_epoch() const noexcept;

  std::uint64_t batches_per_epoch() const noexcept;  ///< exact, and the same on all ranks
  /// Rows that this rank delivers, exact: without what drop_last leaves out, with those that Uneven fills up.
  std::uint64_t samples_per_epoch() const noexcept;
  RowShape row_shape() const noexcept;
  /// The options in force, with every automatic value resolved.
  const LoaderOptions& options() const noexcept;
  const Pipeline& pipeline() const noexcept;
  /// `ahead`: as for state(), in what is counted as delivered.
  LoaderStats stats(std::uint32_t ahead = 0) const;
  /// The samples that have failed so far, each once, as first delivered: the list to print when a run ends. Of more
  /// than 10,000 the first ones; stats().faults counts every row.
  std::vector<SampleFault> faults() const;
  /// The mapping that all batches lie in, page-aligned.
  std::span<std::byte> region() const noexcept;
  /// Registers the slabs with the CUDA driver, each once, so that a GPU copies them at the speed of its bus and while
  /// the CPU goes on (cuda.hpp has what copies them). They stay so as long as the ring; asked again it does nothing.
  /// False: they are not, none of them, and everything works as before, only slower; LoaderStats::pin_failure says why.
  /// Throws nothing that concerns the GPU. For the iterating thread.
  bool pin_memory(const CudaOptions& cuda = {});

 private:
  friend class Epoch;
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// One pass over the data, for range-`for`. The loop variable is a Batch that is given back when the loop goes on,
/// unless it was moved from. Made by Loader::epoch; used up by one loop; must not outlive its Loader.
class SLABRING_API Epoch {
 public:
  class SLABRING_API iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = Batch;
    using difference_type = std::ptrdiff_t;
    using pointer = Batch*;
    using reference = Batch&;

    reference operator*() const noexcept { return epoch_->current_; }
    pointer operator->() const noexcept { return &epoch_->current_; }
    iterator& operator++() {
      epoch_->advance();
      return *this;
    }
    void operator++(int) { epoch_->advance(); }
    friend bool operator==(const iterator& it, std::default_sentinel_t) noexcept { return it.done(); }

   private:
    friend class Epoch;
    bool done() const noexcept { return epoch_->at_end_; }
    explicit iterator(Epoch* epoch) noexcept : epoch_(epoch) {}
    Epoch* epoch_;
  };

  Epoch(const Epoch&) = delete;
  Epoch& operator=(const Epoch&) = delete;

  iterator begin() {
    advance();
    return iterator{this};
  }
  static std::default_sentinel_t end() noexcept { return {}; }

 private:
  friend class Loader;
  Epoch(Loader::Impl* loader, std::uint64_t pass) noexcept : loader_(loader), pass_(pass) {}
  void advance();

  Loader::Impl* loader_;
  std::uint64_t pass_;  ///< which call of Loader::epoch made it
  bool at_end_ = false;
  Batch current_;
};

}  // namespace slabring
