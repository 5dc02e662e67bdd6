#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "slabring/export.hpp"
#include "slabring/sampler.hpp"
#include "slabring/tensor.hpp"

namespace slabring {

/// Where workers come from. docs/architecture.md compares them.
enum class StartMethod : std::uint8_t {
  forkserver,  ///< the coordinator is a fresh slabring-worker; workers are forked from it
  spawn,       ///< the same, and each worker is a fresh program too
  fork,        ///< coordinator and workers are forks of the caller: user datasets and lambdas work
};
SLABRING_API std::string_view to_string(StartMethod method) noexcept;

/// What the iteration does about a batch in which a sample failed.
enum class OnError : std::uint8_t {
  raise,  ///< throws SampleError (`throw` on the command line)
  mask,   ///< delivers the batch: the row is zeroed, its status says why
  /// Delivers another sample in its place, drawn from (seed, epoch, id) and sound itself; Batch::faults() names both.
  /// Where of 16 drawn none is sound the row is masked.
  substitute,
};
SLABRING_API std::string_view to_string(OnError policy) noexcept;

/// What keeps workers, which handle the bytes of strangers, from doing anything but their work: reading beneath the
/// dataset's folders (landlock), few system calls (seccomp), limited memory. SECURITY.md has the list.
enum class Sandbox : std::uint8_t {
  automatic,  ///< with forkserver and spawn, whose workers run no code of yours; what the kernel lacks is left out
  strict,     ///< also with fork; the Loader's constructor throws where a part of it is not to be had
  off,
};
SLABRING_API std::string_view to_string(Sandbox sandbox) noexcept;

/// Who decodes JPEGs. The pixels are the same.
enum class JpegDecoding : std::uint8_t {
  native,   ///< slabring's own decoder what it reads, which is most, libjpeg-turbo the rest (docs/jpeg.md)
  libjpeg,  ///< libjpeg-turbo all of them
};
SLABRING_API std::string_view to_string(JpegDecoding decoding) noexcept;

/// How JPEGs are made smaller.
enum class JpegScale : std::uint8_t {
  exact,  ///< decoded at full size, then resampled: Pillow's pixels
  /// Decoded at 1/2, 1/4 or 1/8 of the size where that leaves at least twice the pixels of the resampled image in each
  /// direction, then resampled: a fraction of the time for large photos, and slightly other pixels
  /// (docs/performance.md tells how much).
  fast,
};
SLABRING_API std::string_view to_string(JpegScale scale) noexcept;

/// What ranks do about the end of an epoch, where fewer samples are left than all of them would take. The number of
/// batches, and of rows in each, is the same on every rank in all three.
enum class Uneven : std::uint8_t {
  pad,    ///< the epoch's first samples once more, marked SampleStatus::padded
  drop,   ///< what cannot be divided evenly is left out: fewer samples than there are ranks
  exact,  ///< nothing twice, nothing left out: rows without a sample are zeroed, marked SampleStatus::absent
};
SLABRING_API std::string_view to_string(Uneven uneven) noexcept;

/// One axis of the grid in which ranks stand.
struct MeshAxis {
  std::string name;
  int size = 1;
  bool operator==(const MeshAxis&) const = default;
};

/// Huge pages under the ring.
enum class HugePages : std::uint8_t {
  automatic,  ///< MADV_COLLAPSE where the kernel has it; failure is no error
  off,
};

/// Options of a Loader; the names are PyTorch's where PyTorch has one. Validated once, by the Loader's constructor,
/// with the option and its value in the message.
struct LoaderOptions {
  // ---- behaviour ----
  std::int64_t batch_size = 1;  ///< samples a batch of this rank, 1 to 4096
  bool shuffle = false;         ///< a new permutation each epoch, a function of (seed, epoch)
  /// Another order, or other samples, than `shuffle` says.
  std::optional<Sampler> sampler{};
  bool drop_last = false;  ///< leave out a partial last batch
  /// Which of `world` processes this is, from 0: each gets its part of the same epoch. Both or neither; unset: the only
  /// one, 0 of 1. All ranks have equal options otherwise.
  std::optional<int> rank{};
  std::optional<int> world{};
  /// Take rank, world and local_world from what torchrun, Open MPI, MPICH, PMIx, Slurm or a Kubernetes indexed job set
  /// in the environment; without a launcher this is the only rank. What is set here must agree. Off by default: who
  /// evaluates on one of many ranks, or works in a shell of a job, would silently get a part of the data.
  /// LoaderStats::rank_source tells what was found.
  bool ranks_from_environment = false;
  /// How the ranks stand, the last axis counted first: {{"data", 4}, {"model", 2}} puts ranks 0 and 1 together. Ranks
  /// that differ in other axes than "data" get the same batches. Empty: all ranks get different ones.
  std::vector<MeshAxis> mesh{};
  Uneven uneven = Uneven::pad;
  std::uint64_t seed = 0;  ///< of the order and of every random transform
  /// Element type; unset: the pipeline's own, else f32 when the pipeline normalizes and u8 when not.
  std::optional<DType> dtype{};
  /// Order of the axes; unset: the pipeline's own, else nchw.
  std::optional<Layout> layout{};
  JpegScale jpeg_scale = JpegScale::exact;
  OnError on_error = OnError::raise;
  /// A sample that keeps a worker longer is given up: the worker is killed, the sample counts as crashed. 0: no limit.
  std::chrono::milliseconds timeout{120'000};
  /// What Loader::state() of an earlier run returned: this run goes on where that one stood, with any number of ranks.
  /// Empty: from the start.
  std::string state{};
  /// Epochs that will be asked for, if known; nothing beyond is prefetched. 0: unknown, prefetch runs on.
  std::uint64_t epochs = 0;

  // ---- performance ----
  /// Worker processes; 0 does the same work in the calling thread. Unset: the CPUs this process may use, by affinity
  /// and cgroup quota, divided by local_world unless the launcher has bound each rank to CPUs of its own.
  std::optional<int> workers{};
  /// Ranks on this host. Unset: what the environment says, where it is asked; else 1.
  std::optional<int> local_world{};
  /// Workers that may join by hand while it runs, by `slabring-worker --attach PID`, 0 to 64: to lend it CPUs, or to
  /// have one in a debugger or profiler. Needs workers >= 1, and start_method forkserver or spawn.
  int attachable = 0;
  /// Slabs in the ring, 2 to 64. Memory is prefetch x batch, whatever the number of workers.
  int prefetch = 4;
  StartMethod start_method = StartMethod::forkserver;
  /// LoaderStats::sandbox says what is active.
  Sandbox sandbox = Sandbox::automatic;
  HugePages huge_pages = HugePages::automatic;
  /// LoaderStats::decoded_native and decoded_fallback count who did it.
  JpegDecoding jpeg_decoder = JpegDecoding::native;
  /// Allows `fork` although the caller has threads or a GPU open. A lock held by another thread then stays locked in
  /// the workers for ever.
  bool force_fork = false;
  /// Path of slabring-worker; empty: $SLABRING_WORKER, beside the program, then the installation's libexec.
  std::string worker_program{};
};

/// CPUs this process may use: the smaller of its affinity mask and its cgroup's quota (rounded up), at least 1.
SLABRING_API int available_cpus() noexcept;

}  // namespace slabring
