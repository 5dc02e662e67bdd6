#include "sync/bell.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "sync/sleeper.hpp"
#ifdef SLABRING_FAULT_POINTS
#include "sync/meanwhile.hpp"
#endif

namespace slabring {
namespace {

// Where a wake is due, a sleep without one would only end with the time-out of the test.
constexpr std::chrono::milliseconds no_limit{-1};
constexpr std::chrono::milliseconds at_once{0};

TEST(Bell, WithoutAWaiterNobodyIsThoughtToSleep) {
  Bell bell;
  EXPECT_FALSE(bell.has_sleepers());
  bell.ring_all();
  bell.ring_one();
  EXPECT_FALSE(bell.has_sleepers());
}

TEST(Bell, ARingBeforePrepareIsNotForTheWaiter) {
  Bell bell;
  bell.ring_all();
  const std::uint32_t key = bell.prepare();
  EXPECT_FALSE(bell.wait(key, at_once)) << "nothing has rung since: this is the time-out";
}

TEST(Bell, ARingBetweenPrepareAndWaitEndsTheWait) {
  Bell bell;
  const std::uint32_t key = bell.prepare();
  bell.ring_all();
  EXPECT_TRUE(bell.wait(key, no_limit));
  EXPECT_FALSE(bell.has_sleepers());
}

TEST(Bell, ARingOfOneBetweenPrepareAndWaitEndsTheWait) {
  Bell bell;
  const std::uint32_t key = bell.prepare();
  bell.ring_one();
  EXPECT_TRUE(bell.wait(key, no_limit));
}

TEST(Bell, TwoWaitersHaveTheSameKeyAndOneRingEndsBothWaits) {
  Bell bell;
  const std::uint32_t first = bell.prepare();
  const std::uint32_t second = bell.prepare();
  EXPECT_EQ(first, second);
  bell.ring_all();
  EXPECT_TRUE(bell.wait(first, no_limit));
  EXPECT_TRUE(bell.wait(second, no_limit));
}

TEST(Bell, AWaiterAfterARingNeedsANewOne) {
  Bell bell;
  const std::uint32_t early = bell.prepare();
  bell.ring_all();
  const std::uint32_t late = bell.prepare();
  EXPECT_TRUE(bell.wait(early, no_limit));
  EXPECT_FALSE(bell.wait(late, at_once));
}

TEST(Bell, TheBitOfAWaiterThatDiedIsClearedByTheNextRing) {
  Bell bell;
  bell.prepare();  // and is killed
  EXPECT_TRUE(bell.has_sleepers());
  bell.ring_one();
  EXPECT_FALSE(bell.has_sleepers()) << "one spurious wake, then no system call any more";
}

TEST(Bell, AWaiterThatTimesOutLeavesItsBit) {
  Bell bell;
  const std::uint32_t key = bell.prepare();
  EXPECT_FALSE(bell.wait(key, at_once));
  EXPECT_TRUE(bell.has_sleepers());
}

TEST(Bell, ForceEndsAWaitWhoseBitSomebodyElseHasCleared) {
  Bell bell;
  const std::uint32_t key = bell.prepare();
  bell.ring_all();  // as a ringer that dies before FUTEX_WAKE leaves it
  const std::uint32_t late_key = bell.prepare();
  bell.ring_all();
  EXPECT_FALSE(bell.has_sleepers());
  bell.force();
  EXPECT_TRUE(bell.wait(key, no_limit));
  EXPECT_TRUE(bell.wait(late_key, no_limit));
}

TEST(Bell, ForceEndsEveryWaitThatWasPreparedBefore) {
  Bell bell;
  const std::uint32_t key = bell.prepare();
  bell.force();
  EXPECT_TRUE(bell.wait(key, no_limit));
  EXPECT_FALSE(bell.has_sleepers());
}

TEST(Bell, TheEpochWrapsWithoutTouchingTheBit) {
  Bell bell;
  auto& word = reinterpret_cast<std::atomic<std::uint32_t>&>(bell);
  word.store(0xffff'fffe);
  const std::uint32_t key = bell.prepare();
  bell.ring_all();
  EXPECT_EQ(word.load(), 0u);
  EXPECT_TRUE(bell.wait(key, no_limit));
}

// ---- with threads that really sleep

std::unique_ptr<Sleeper> sleeper_at(Bell& bell) {
  auto sleeper = std::make_unique<Sleeper>([&bell] { bell.wait(bell.prepare(), no_limit); });
  sleeper->wait_until_asleep();
  return sleeper;
}

TEST(BellWithSleepers, RingingOneWakesOneAndKeepsTheBitForTheRest) {
  Bell bell;
  std::vector<std::unique_ptr<Sleeper>> sleepers;
  for (int i = 0; i < 3; ++i) sleepers.push_back(sleeper_at(bell));
  for (std::size_t woken = 1; woken <= sleepers.size(); ++woken) {
    bell.ring_one();
    const auto awake = [&] { return std::ranges::count_if(sleepers, [](const auto& s) { return s->awake(); }); };
    while (awake() < static_cast<std::ptrdiff_t>(woken)) std::this_thread::yield();
    EXPECT_EQ(awake(), static_cast<std::ptrdiff_t>(woken));
    EXPECT_TRUE(bell.has_sleepers()) << "nobody can know that this was the last";
  }
  bell.ring_one();
  EXPECT_FALSE(bell.has_sleepers());
}

TEST(BellWithSleepers, RingingAllWakesAll) {
  Bell bell;
  std::vector<std::unique_ptr<Sleeper>> sleepers;
  for (int i = 0; i < 3; ++i) sleepers.push_back(sleeper_at(bell));
  bell.ring_all();
  for (const auto& sleeper : sleepers) sleeper->wait_until_awake();
  EXPECT_FALSE(bell.has_sleepers());
}

TEST(BellWithSleepers, ForceWakesASleeperWhoseBitIsClear) {
  Bell bell;
  const auto sleeper = sleeper_at(bell);
  // As a ringer leaves it that is killed between clearing the bit and FUTEX_WAKE.
  auto& word = reinterpret_cast<std::atomic<std::uint32_t>&>(bell);
  word.store((word.load() + 2) & ~std::uint32_t{1});
  bell.ring_all();
  EXPECT_FALSE(sleeper->awake()) << "an ordinary ring trusts the bit";
  bell.force();
  sleeper->wait_until_awake();
}

// ---- with the other party at a fault point

#ifdef SLABRING_FAULT_POINTS

TEST(BellRace, AWaiterThatRegistersWhileAllAreRungIsThereForTheNextRing) {
  Bell bell;
  bell.prepare();
  std::uint32_t key = 0;
  {
    Meanwhile waiter(FaultPoint::bell_bit_cleared, [&] { key = bell.prepare(); });
    bell.ring_all();
  }
  EXPECT_TRUE(bell.has_sleepers());
  bell.ring_all();
  EXPECT_TRUE(bell.wait(key, no_limit));
}

TEST(BellRace, AWaiterThatRegistersWhileOneIsRungDoesNotSleepOnAClearedBit) {
  Bell bell;
  bell.prepare();
  std::uint32_t key = 0;
  {
    // It registers after the epoch moved; nobody sleeps, so the ringer clears the bit, this waiter's too.
    Meanwhile waiter(FaultPoint::bell_epoch_bumped, [&] { key = bell.prepare(); });
    bell.ring_one();
  }
  EXPECT_FALSE(bell.has_sleepers());
  EXPECT_TRUE(bell.wait(key, no_limit)) << "the epoch moved once more with the bit";
}

TEST(BellRace, TwoRingersOfAllWakeOnce) {
  Bell bell;
  const std::uint32_t key = bell.prepare();
  {
    Meanwhile other(FaultPoint::bell_bit_cleared, [&] { bell.ring_all(); });
    bell.ring_all();
  }
  EXPECT_TRUE(bell.wait(key, no_limit));
  EXPECT_FALSE(bell.has_sleepers());
}

TEST(BellRace, AWaiterThatRegistersWhileTheBellIsForcedIsThereForTheNextRing) {
  Bell bell;
  std::uint32_t key = 0;
  {
    Meanwhile waiter(FaultPoint::bell_forced, [&] { key = bell.prepare(); });
    bell.force();
  }
  EXPECT_TRUE(bell.has_sleepers());
  bell.ring_all();
  EXPECT_TRUE(bell.wait(key, no_limit));
}

#endif

}  // namespace
}  // namespace slabring
