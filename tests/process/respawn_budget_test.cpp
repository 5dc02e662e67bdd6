#include "process/respawn_budget.hpp"

#include <gtest/gtest.h>

namespace slabring {
namespace {

using std::chrono::milliseconds;
using Clock = RespawnBudget::Clock;

TEST(RespawnBudget, BurstIsFreeAndThenItFillsTwentyTimesASecond) {
  const auto start = Clock::time_point{};
  RespawnBudget budget(3, start);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(budget.take(start), Clock::duration::zero());
  EXPECT_EQ(std::chrono::duration_cast<milliseconds>(budget.take(start)), milliseconds(50));
  EXPECT_EQ(budget.take(start + milliseconds(51)), Clock::duration::zero());
}

TEST(SlotRecord, ThreeCrashesInARowGiveTheSlotUp) {
  SlotRecord record;
  record.death(true, true);
  record.death(true, false);
  EXPECT_FALSE(record.given_up());
  record.death(true, false);
  EXPECT_TRUE(record.given_up());
}

TEST(SlotRecord, ProgressAndQuarantineStartTheCountAnew) {
  SlotRecord record;
  for (int i = 0; i < 10; ++i) record.death(true, true);
  EXPECT_FALSE(record.given_up());
  record.death(true, false);
  record.forgive();
  record.death(true, false);
  record.death(true, false);
  EXPECT_FALSE(record.given_up());
}

TEST(SlotRecord, KillsFromOutsideWeighLess) {
  SlotRecord record;
  for (int i = 0; i < 29; ++i) record.death(false, false);
  EXPECT_FALSE(record.given_up());
  record.death(false, false);
  EXPECT_TRUE(record.given_up());
}

}  // namespace
}  // namespace slabring
