#include "process/child_process.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>

#include "support/process_table.hpp"

namespace slabring {
namespace {

using ::testing::HasSubstr;

template <class Body>
pid_t fork_child(const Body& body) {
  const pid_t pid = fork();
  if (pid == 0) {
    body();
    _exit(0);
  }
  return pid;
}

[[noreturn]] void sleep_for_ever() {
  for (;;) pause();
}

TEST(Ending, TellsOwnDoingFromOutside) {
  EXPECT_TRUE((Ending{true, SIGSEGV}.own_doing()));
  EXPECT_TRUE((Ending{true, SIGSYS}.own_doing()));
  EXPECT_TRUE((Ending{false, 0}.own_doing()));
  EXPECT_FALSE((Ending{true, SIGKILL}.own_doing()));
  EXPECT_FALSE((Ending{true, SIGTERM}.own_doing()));
  EXPECT_EQ((Ending{true, SIGSEGV}.describe()), "was killed by SIGSEGV");
  EXPECT_EQ((Ending{false, 3}.describe()), "ended with exit status 3");
}

TEST(Pidfd, BecomesReadableWithDeath) {
  const pid_t pid = fork_child([] { sleep_for_ever(); });
  const UniqueFd pidfd = open_pidfd(pid);
  ASSERT_TRUE(pidfd);
  EXPECT_FALSE(has_ended(pidfd.get()));
  kill(pid, SIGKILL);
  EXPECT_TRUE(wait_for_end(pidfd.get(), 10'000));
  const auto ending = reap(pid);
  ASSERT_TRUE(ending);
  EXPECT_TRUE(ending->by_signal);
  EXPECT_EQ(ending->code, SIGKILL);
}

TEST(Reap, ToleratesThatSomebodyElseDid) {
  const pid_t pid = fork_child([] {});
  ASSERT_TRUE(reap(pid));
  EXPECT_FALSE(reap(pid));
}

TEST(DieWithParent, GrandchildGoesWhenItsParentIsKilled) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const pid_t parent = fork_child([&] {
    const pid_t me = getpid();
    const pid_t child = fork_child([&] {
      die_with_parent(me);
      sleep_for_ever();
    });
    if (write(ends[1], &child, sizeof child) != sizeof child) _exit(1);
    sleep_for_ever();
  });
  pid_t grandchild = 0;
  ASSERT_EQ(read(ends[0], &grandchild, sizeof grandchild), static_cast<ssize_t>(sizeof grandchild));
  close(ends[0]);
  close(ends[1]);
  // die_with_parent() covers both orders: killed before the prctl, it finds another parent and ends.
  kill(parent, SIGKILL);
  ASSERT_TRUE(reap(parent));
  EXPECT_TRUE(test::eventually([&] { return !test::is_running(grandchild); }));
}

TEST(ResetSignals, HandlersMasksAndIgnoresOfTheHostAreGone) {
  const pid_t pid = fork_child([] {
    signal(SIGUSR1, [](int) {});
    signal(SIGTERM, SIG_IGN);
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, nullptr);
    reset_signals();
    struct sigaction usr1 {
    }, term{}, interrupt{};
    sigaction(SIGUSR1, nullptr, &usr1);
    sigaction(SIGTERM, nullptr, &term);
    sigaction(SIGINT, nullptr, &interrupt);
    sigset_t mask;
    sigprocmask(SIG_SETMASK, nullptr, &mask);
    const bool right = usr1.sa_handler == SIG_DFL && term.sa_handler == SIG_DFL && interrupt.sa_handler == SIG_IGN &&
                       sigismember(&mask, SIGTERM) == 0;
    _exit(right ? 0 : 1);
  });
  const auto ending = reap(pid);
  ASSERT_TRUE(ending);
  EXPECT_EQ(ending->describe(), "ended with exit status 0");
}

TEST(ReasonNotToFork, SecondThreadIsNamed) {
  EXPECT_EQ(reason_not_to_fork(), std::nullopt);
  std::atomic<bool> done{false};
  std::thread other([&] { done.wait(false); });
  const auto reason = reason_not_to_fork();
  done = true;
  done.notify_all();
  other.join();
  ASSERT_TRUE(reason);
  EXPECT_THAT(*reason, HasSubstr("2 threads"));
}

}  // namespace
}  // namespace slabring
