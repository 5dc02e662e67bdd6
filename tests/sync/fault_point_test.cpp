#include "sync/fault_point.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>
#include <string>

namespace slabring {
namespace {

TEST(FaultPointNames, AreDistinctAndFindTheirPoint) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < fault_point_count; ++i) {
    const auto point = static_cast<FaultPoint>(i);
    EXPECT_FALSE(to_string(point).empty());
    EXPECT_TRUE(names.insert(to_string(point)).second) << to_string(point);
    EXPECT_EQ(fault_point_from(to_string(point)), point);
  }
  EXPECT_EQ(fault_point_from("claimed "), FaultPoint::none);
  EXPECT_EQ(to_string(FaultPoint::count_), "unknown");
}

#ifdef SLABRING_FAULT_POINTS

int arrivals = 0;

TEST(FaultHook, IsCalledAtEveryPointUntilItIsRemoved) {
  arrivals = 0;
  set_fault_hook([](FaultPoint) { ++arrivals; });
  fault_point(FaultPoint::claimed);
  fault_point(FaultPoint::sleeping);
  set_fault_hook(nullptr);
  fault_point(FaultPoint::claimed);
  EXPECT_EQ(arrivals, 2);
}

TEST(FaultHook, KillsAtTheChosenArrivalAtTheChosenPoint) {
  const pid_t child = fork();
  if (child == 0) {
    kill_at(FaultPoint::claimed, 3);
    fault_point(FaultPoint::claimed);
    fault_point(FaultPoint::sleeping);
    fault_point(FaultPoint::claimed);
    fault_point(FaultPoint::done_set);
    fault_point(FaultPoint::claimed);
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status)) << "it came to its end";
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
}

TEST(FaultHook, LivesThroughFewerArrivals) {
  const pid_t child = fork();
  if (child == 0) {
    kill_at(FaultPoint::claimed, 3);
    fault_point(FaultPoint::claimed);
    fault_point(FaultPoint::claimed);
    _exit(7);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 7);
}

#endif

}  // namespace
}  // namespace slabring
