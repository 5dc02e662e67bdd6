#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "slabring/export.hpp"
#include "slabring/sample.hpp"

namespace slabring {

/// What became of a cache (slabring/cache.hpp) so far, in all processes together.
struct CacheStats {
  std::uint64_t limit_bytes = 0;
  std::uint64_t used_bytes = 0;  ///< of them
  std::uint64_t samples = 0;     ///< that are kept
  std::uint64_t not_kept = 0;    ///< times that a sample did not fit
  std::uint64_t hits = 0;        ///< loads of samples that were there
  std::uint64_t misses = 0;      ///< ... and of those that were not
};

/// What happened so far; cheap to take, monotonic but for the process lists.
struct LoaderStats {
  std::uint64_t batches = 0;           ///< delivered
  std::uint64_t samples = 0;           ///< delivered, those that repeat among them
  std::uint64_t padded = 0;            ///< rows delivered that repeat a sample (Uneven::pad)
  std::uint64_t absent = 0;            ///< rows delivered without a sample (Uneven::exact)
  std::uint64_t faults = 0;            ///< rows delivered whose planned sample failed
  std::uint64_t waits = 0;             ///< times the trainer slept for a batch
  double wait_seconds = 0;             ///< ... and for how long in all
  std::uint64_t wait_timeouts = 0;     ///< futex sleeps that ended by time-out; 0 in a healthy run of fast batches
  std::uint64_t decoded_native = 0;    ///< JPEGs by slabring's own decoder
  std::uint64_t decoded_fallback = 0;  ///< JPEGs by libjpeg-turbo: those that the native one leaves to it, or all
  std::uint64_t worker_deaths = 0;     ///< workers that ended without being told to
  std::uint64_t takeovers = 0;         ///< coordinators that were killed, and replaced by another
  std::uint64_t rows_redone = 0;       ///< rows taken back from dead workers
  std::uint64_t quarantined = 0;       ///< rows given up because workers died over them
  std::uint64_t worker_sleeps = 0;     ///< times a worker found nothing to do
  std::uint64_t ring_bytes = 0;        ///< data and control memory
  std::uint64_t huge_page_bytes = 0;   ///< of it on huge pages, after MADV_COLLAPSE
  CacheStats cache;                    ///< of all caches in the dataset together; limit_bytes 0: there is none
  std::uint64_t pinned_bytes = 0;      ///< of it registered with the CUDA driver, by Loader::pin_memory
  std::string pin_failure;             ///< why it is not, if that was asked for
  /// What confines every worker that has begun: "landlock, seccomp, limits", a part of that where the kernel has no
  /// more, or "off".
  std::string sandbox;
  int rank = 0;
  int world = 1;
  int share = 0;  ///< the part of each batch that this rank gets, of `shares`: with a mesh not the rank
  int shares = 1;
  int local_rank = -1;      ///< on this host; -1: not known
  int local_world = 1;      ///< ranks on this host
  std::string rank_source;  ///< who says so: "torchrun (RANK, WORLD_SIZE)", "options", or "default"
  int workers = 0;
  int attached_workers = 0;      ///< that have joined by hand, now
  int coordinator_pid = 0;       ///< 0 with workers = 0
  std::vector<int> worker_pids;  ///< as recorded by the workers, attached ones too; may lag a respawn
};

}  // namespace slabring
