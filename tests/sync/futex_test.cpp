#include "sync/futex.hpp"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <climits>

#include "sync/sleeper.hpp"

namespace slabring {
namespace {

constexpr std::chrono::milliseconds no_limit{-1};

TEST(Futex, AChangedWordIsNotWaitedFor) {
  const std::atomic<std::uint32_t> word{8};
  EXPECT_TRUE(futex_wait(word, 7, no_limit));
}

TEST(Futex, AnUnchangedWordIsWaitedForUntilTheLimit) {
  const std::atomic<std::uint32_t> word{7};
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(futex_wait(word, 7, std::chrono::milliseconds{20}));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds{20});
}

TEST(Futex, ALimitOfMoreThanASecondIsUnderstood) {
  std::atomic<std::uint32_t> word{7};
  bool woken = false;
  {
    const Sleeper sleeper([&] { woken = futex_wait(word, 7, std::chrono::milliseconds{60'999}); });
    sleeper.wait_until_asleep();
    futex_wake(word, 1);
  }
  EXPECT_TRUE(woken) << "60.999 s are a valid time, not EINVAL at once";
}

TEST(Futex, WakeSaysHowManySlept) {
  const std::atomic<std::uint32_t> word{7};
  EXPECT_EQ(futex_wake(word, INT_MAX), 0);
  const Sleeper first([&] { futex_wait(word, 7, no_limit); });
  const Sleeper second([&] { futex_wait(word, 7, no_limit); });
  first.wait_until_asleep();
  second.wait_until_asleep();
  EXPECT_EQ(futex_wake(word, 1), 1);
  EXPECT_EQ(futex_wake(word, INT_MAX), 1);
}

TEST(Futex, WakesAnotherProcessThroughAnotherMapping) {
  void* const page = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(page, MAP_FAILED);
  auto& word = *new (page) std::atomic<std::uint32_t>{0};
  const pid_t child = fork();
  if (child == 0) {
    while (word.load() == 0) futex_wait(word, 0, no_limit);
    _exit(0);
  }
  // Whether it sleeps yet or not: it must end.
  word.store(1);
  futex_wake(word, 1);
  int status = -1;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  munmap(page, 4096);
}

}  // namespace
}  // namespace slabring
