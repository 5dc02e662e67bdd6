// What the ring costs a sample when decoding costs nothing. The bound is 500 ns a sample with two workers
// (docs/ring-protocol.md); decoding a photo takes about two million.

#include <benchmark/benchmark.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <new>
#include <system_error>
#include <thread>
#include <vector>

#include "ring/consumer_port.hpp"
#include "ring/recovery.hpp"
#include "ring/worker_port.hpp"
#include "sync/futex.hpp"

namespace slabring::ring {
namespace {

constexpr std::uint32_t batch_size = 256;
constexpr std::uint32_t slabs = 4;
constexpr std::chrono::milliseconds no_limit{-1};

/// Zeroed memory that forked processes share.
class SharedMemory {
 public:
  explicit SharedMemory(std::size_t bytes) : bytes_(bytes) {
    begin_ = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (begin_ == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap of the benchmark's ring");
  }
  ~SharedMemory() { munmap(begin_, bytes_); }
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;
  std::byte* begin() const noexcept { return static_cast<std::byte*>(begin_); }

 private:
  std::size_t bytes_;
  void* begin_;
};

/// A ring with its trainer: this process, or a child of it.
class BenchRing {
 public:
  explicit BenchRing(std::uint32_t workers)
      : shape_{.batch_size = batch_size, .slabs = slabs, .workers = workers, .row_bytes = 8},
        control_(control_bytes(shape_)),
        data_(data_bytes(shape_)),
        view_(shape_, control_.begin(), data_.begin()),
        trainer_(view_),
        samples_(batch_size, SampleId{1}) {
    view_.format();
  }

  const View& view() const noexcept { return view_; }
  ConsumerPort& trainer() noexcept { return trainer_; }

  /// Slabs are used in turn.
  void arm_next() noexcept {
    trainer_.arm(static_cast<std::uint32_t>(armed_ % slabs), armed_, 0, samples_);
    ++armed_;
  }
  bool next_is_complete() const noexcept { return trainer_.complete(static_cast<std::uint32_t>(taken_ % slabs)); }
  void take_next() noexcept { ++taken_; }

  void wait_for_next() noexcept {
    while (!next_is_complete()) {
      const std::uint32_t key = trainer_.ready().prepare();
      if (next_is_complete()) return;
      trainer_.ready().wait(key, no_limit);
    }
  }

 private:
  Shape shape_;
  SharedMemory control_;
  SharedMemory data_;
  View view_;
  ConsumerPort trainer_;
  std::vector<SampleId> samples_;
  std::uint64_t armed_ = 0;
  std::uint64_t taken_ = 0;
};

/// A decoder that does nothing: one word, so that the row's memory is touched.
void fill(const View& view, const Claim& claim) noexcept {
  const std::uint64_t sample = view.row(claim.slab, claim.row).sample.load(std::memory_order_relaxed);
  new (view.pixels(claim.slab, claim.row).data()) std::uint64_t{sample};
  view.row(claim.slab, claim.row).status = static_cast<std::uint32_t>(SampleStatus::ok);
}

/// Claims and publishes until the ring stops, sleeping when there is nothing. Never returns.
[[noreturn]] void run_worker(const View& view, std::uint32_t slot) noexcept {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  WorkerPort port(view, slot);
  while (const auto claim = port.next(no_limit)) {
    fill(view, *claim);
    port.publish(*claim);
  }
  _exit(0);
}

void count_samples(benchmark::State& state, double samples) {
  using benchmark::Counter;
  state.counters["per_sample"] = Counter(samples, Counter::kIsRate | Counter::kInvert);
}

std::int64_t voluntary_switches(int who) {
  rusage usage{};
  getrusage(who, &usage);
  return usage.ru_nvcsw;
}

/// Workers are processes, this one trains: takes each batch as it completes and arms its slab again at once.
void workers_as_processes(benchmark::State& state) {
  const auto workers = static_cast<std::uint32_t>(state.range(0));
  BenchRing ring(workers);
  std::vector<pid_t> children;
  const std::int64_t reaped_before = voluntary_switches(RUSAGE_CHILDREN);
  for (std::uint32_t slot = 0; slot < workers; ++slot) {
    const pid_t child = fork();
    if (child == 0) run_worker(ring.view(), slot);
    children.push_back(child);
  }
  for (std::uint32_t i = 0; i < slabs; ++i) ring.arm_next();

  const std::int64_t before = voluntary_switches(RUSAGE_SELF);
  for (auto _ : state) {
    ring.wait_for_next();
    ring.take_next();
    ring.arm_next();
  }
  const std::int64_t trainer_switches = voluntary_switches(RUSAGE_SELF) - before;

  ring.trainer().stop();
  for (const pid_t child : children) waitpid(child, nullptr, 0);
  const std::int64_t worker_switches = voluntary_switches(RUSAGE_CHILDREN) - reaped_before;
  const auto batches = static_cast<double>(state.iterations());
  count_samples(state, batches * batch_size);
  state.counters["trainer_waits/batch"] = static_cast<double>(trainer_switches) / batches;
  state.counters["worker_waits/batch"] = static_cast<double>(worker_switches) / batches;
}
BENCHMARK(workers_as_processes)->ArgName("workers")->Arg(1)->Arg(2)->UseRealTime();

enum class Progress : int { none, begun, ended };

/// Trainer and worker in one process that the kernel kills at its first system call (seccomp's strict mode allows read,
/// write and exit only, and not even reading the clock).
[[noreturn]] void run_alone(BenchRing& ring, int batches, std::atomic<Progress>& progress) noexcept {
  WorkerPort port(ring.view(), 0);
  prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
  progress.store(Progress::begun);
  for (int i = 0; i < batches; ++i) {
    ring.arm_next();
    while (const auto claim = port.try_claim()) {
      fill(ring.view(), *claim);
      port.publish(*claim);
    }
    if (!ring.next_is_complete()) std::abort();
    ring.take_next();
  }
  progress.store(Progress::ended);
  for (;;) syscall(SYS_exit, 0);
}

/// All that a sample costs when nobody has to wait: arming, claiming, publishing and looking for completeness, without
/// a system call.
void without_any_system_call(benchmark::State& state) {
  using Clock = std::chrono::steady_clock;
  constexpr int batches = 1000;
  const SharedMemory shared(sizeof(std::atomic<Progress>));
  auto& progress = *new (shared.begin()) std::atomic<Progress>{Progress::none};
  for (auto _ : state) {
    BenchRing ring(1);
    progress.store(Progress::none);
    const pid_t child = fork();
    if (child == 0) run_alone(ring, batches, progress);
    int status = 0;
    bool exited = false;
    const auto until = [&](Progress wanted) {
      while (progress.load() < wanted && !exited) exited = waitpid(child, &status, WNOHANG) == child;
      return Clock::now();
    };
    const auto begin = until(Progress::begun);
    const auto end = until(Progress::ended);
    if (!exited) waitpid(child, &status, 0);
    if (!WIFEXITED(status)) {
      state.SkipWithError("the ring made a system call although nobody waited");
      break;
    }
    state.SetIterationTime(std::chrono::duration<double>(end - begin).count());
  }
  count_samples(state, static_cast<double>(state.iterations()) * batches * batch_size);
  state.counters["system_calls"] = 0;
}
BENCHMARK(without_any_system_call)->UseManualTime()->Unit(benchmark::kMillisecond);

void arm_one_batch(benchmark::State& state) {
  BenchRing ring(1);
  for (auto _ : state) ring.arm_next();
  state.SetItemsProcessed(state.iterations() * batch_size);
}
BENCHMARK(arm_one_batch);

void look_whether_a_batch_is_complete(benchmark::State& state) {
  BenchRing ring(1);
  ring.arm_next();
  ring.trainer().cancel(0, 0, batch_size);
  for (auto _ : state) benchmark::DoNotOptimize(ring.next_is_complete());
}
BENCHMARK(look_whether_a_batch_is_complete);

/// With nothing to repair: the walk over all rows, and both bells forced.
void recover_a_dead_worker(benchmark::State& state) {
  BenchRing ring(1);
  for (std::uint32_t i = 0; i < slabs; ++i) ring.arm_next();
  for (auto _ : state) recover(ring.view(), 0, kill_weight, {});
}
BENCHMARK(recover_a_dead_worker);

/// What the ringer pays for FUTEX_WAKE of so many sleepers: why arm() wakes one worker, and each wakes the next.
void wake_sleepers(benchmark::State& state) {
  const auto sleepers = static_cast<int>(state.range(0));
  std::atomic<std::uint32_t> word{0};
  std::atomic<int> about_to_sleep{0};
  std::atomic<bool> over{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < sleepers; ++i) {
    threads.emplace_back([&] {
      while (!over.load()) {
        const std::uint32_t seen = word.load();
        ++about_to_sleep;
        futex_wait(word, seen, no_limit);
      }
    });
  }
  for (auto _ : state) {
    double seconds = 0;
    int woken = 0;
    while (woken < sleepers) {  // else some were still on their way, and it does not count
      while (about_to_sleep.load() < sleepers) std::this_thread::yield();
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
      about_to_sleep.store(0);
      ++word;
      const auto begin = std::chrono::steady_clock::now();
      woken = futex_wake(word, INT_MAX);
      seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    }
    state.SetIterationTime(seconds);
  }
  over.store(true);
  ++word;
  futex_wake(word, INT_MAX);
  for (std::thread& thread : threads) thread.join();
}
BENCHMARK(wake_sleepers)->ArgName("sleepers")->Arg(1)->Arg(16)->UseManualTime()->Iterations(200);

}  // namespace
}  // namespace slabring::ring
