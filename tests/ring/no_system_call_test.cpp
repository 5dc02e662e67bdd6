// While nobody has to wait, the ring makes no system call: shown by running it where the kernel kills a process at its
// first one (seccomp's strict mode allows read, write, _exit and sigreturn; the ring has no use for them).

#include <gtest/gtest.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "ring/test_ring.hpp"

namespace slabring::ring {
namespace {

constexpr int stream_was_right = 0;
constexpr int stream_was_wrong = 1;

[[noreturn]] void exit_by_the_only_way(int code) {
  for (;;) syscall(SYS_exit, code);
}

/// How a child ends that runs `body` without system calls.
template <class Body>
int status_without_system_calls(Body body) {
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
    exit_by_the_only_way(body() ? stream_was_right : stream_was_wrong);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return status;
}

/// Arms, claims, publishes and takes 1,000 batches.
bool run_a_stream(ConsumerPort trainer, WorkerPort worker, std::span<const SampleId> samples) {
  for (std::uint64_t batch = 0; batch < 1000; ++batch) {
    const auto slab = static_cast<std::uint32_t>(batch % TestRing::default_slabs);
    trainer.arm(slab, batch, 0, samples);
    while (const auto claim = worker.next(std::chrono::milliseconds{-1})) {
      worker.publish(*claim);
      if (trainer.complete(slab)) break;
    }
    if (!trainer.complete(slab)) return false;
  }
  return true;
}

TEST(SystemCalls, NoneIsMadeWhileNobodyWaits) {
#ifdef SLABRING_SANITIZED
  GTEST_SKIP() << "the sanitizer's run-time library makes system calls of its own";
#endif
  const TestRing ring(65);
  const std::vector<SampleId> samples(65, SampleId{1});
  const int status = status_without_system_calls([&] { return run_a_stream(ring.trainer(), ring.worker(0), samples); });
  ASSERT_TRUE(WIFEXITED(status)) << "killed by signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), stream_was_right);
}

TEST(SystemCalls, OneIsMadeToWakeATrainerThatWaits) {
#ifdef SLABRING_SANITIZED
  GTEST_SKIP() << "the sanitizer's run-time library makes system calls of its own";
#endif
  const TestRing ring(1);
  const std::vector<SampleId> samples(1, SampleId{1});
  ring.ring().ready.prepare();
  const int status = status_without_system_calls([&] { return run_a_stream(ring.trainer(), ring.worker(0), samples); });
  ASSERT_TRUE(WIFSIGNALED(status)) << "so the test above can fail";
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
}

}  // namespace
}  // namespace slabring::ring
