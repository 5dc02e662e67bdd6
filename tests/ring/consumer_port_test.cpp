#include <gtest/gtest.h>

#include "ring/test_ring.hpp"

namespace slabring::ring {
namespace {

class Arming : public testing::TestWithParam<std::uint32_t> {};
INSTANTIATE_TEST_SUITE_P(BatchSize, Arming, testing::ValuesIn(telling_batch_sizes), testing::PrintToStringParamName());

TEST_P(Arming, WritesTheSamplesTheEpochAndTheRowCount) {
  const TestRing ring(GetParam());
  const std::vector<SampleId> samples(GetParam(), SampleId{77});
  ring.trainer().arm(1, 0, /*epoch=*/5, samples);
  EXPECT_EQ(ring.view().head(1).epoch, 5u);
  EXPECT_EQ(ring.view().head(1).rows, GetParam());
  for (std::uint32_t r = 0; r < GetParam(); ++r) {
    EXPECT_EQ(ring.view().row(1, r).sample.load(), 77u);
    EXPECT_EQ(ring.status(1, r), SampleStatus::pending);
  }
}

TEST_P(Arming, OpensTheRowsAndClosesTheVoidOnes) {
  const std::uint32_t rows = (GetParam() + 1) / 2;
  const TestRing ring(GetParam());
  ring.arm(0, 0, rows);
  for (std::uint32_t r = 0; r < GetParam(); ++r) {
    const bool is_void = r >= rows;
    const OwnerWord expected =
        is_void ? OwnerWord::claimed(0, 0, OwnerWord::coordinator) : OwnerWord::free(0, /*attempts=*/0);
    EXPECT_EQ(ring.owner(0, r).bits(), expected.bits()) << "row " << r;
    EXPECT_EQ(ring.done(0, r), is_void) << "row " << r;
  }
}

TEST_P(Arming, IssuesTheBatchUnderItsSlab) {
  const TestRing ring(GetParam());
  ring.arm(2, 0);
  ring.arm(1, 1);
  EXPECT_EQ(ring.ring().issued.load(), 2u);
  EXPECT_EQ(ring.ring().order[0].load(), 2u);
  EXPECT_EQ(ring.ring().order[1].load(), 1u);
}

TEST_P(Arming, ReopensACompleteSlab) {
  const TestRing ring(GetParam());
  ring.arm(0, 0);
  ring.work_off(0);
  ASSERT_TRUE(ring.trainer().complete(0));
  ring.arm(0, 1);
  EXPECT_FALSE(ring.trainer().complete(0));
  EXPECT_EQ(ring.status(0, 0), SampleStatus::pending);
  EXPECT_EQ(ring.work_off(1).size(), GetParam());
  EXPECT_TRUE(ring.trainer().complete(0));
}

TEST(Arm, ClearsTheBitOfASleeperThatIsNoMore) {
  const TestRing ring(2);
  Bell& work = ring.view().pool().work;
  const std::uint32_t key = work.prepare();
  ring.arm(0, 0);
  EXPECT_FALSE(work.has_sleepers());
  EXPECT_TRUE(work.wait(key, std::chrono::milliseconds{-1})) << "the epoch has moved on: no sleep";
}

class Cancelling : public testing::TestWithParam<std::uint32_t> {};
INSTANTIATE_TEST_SUITE_P(BatchSize, Cancelling, testing::ValuesIn(telling_batch_sizes),
                         testing::PrintToStringParamName());

TEST_P(Cancelling, CompletesABatchThatNobodyStarted) {
  const TestRing ring(GetParam());
  ring.arm(0, 0);
  ring.trainer().cancel(0, 0, GetParam());
  EXPECT_TRUE(ring.trainer().complete(0));
  EXPECT_FALSE(ring.worker(0).try_claim());
  for (std::uint32_t r = 0; r < GetParam(); ++r) {
    EXPECT_EQ(ring.status(0, r), SampleStatus::cancelled);
    EXPECT_TRUE(ring.owner(0, r).is_claimed_by(OwnerWord::trainer));
  }
}

TEST_P(Cancelling, LeavesClaimedRowsToTheirWorkers) {
  const TestRing ring(GetParam());
  ring.arm(0, 0);
  WorkerPort worker = ring.worker(2);
  const auto claim = worker.try_claim();
  ASSERT_TRUE(claim);
  ring.trainer().cancel(0, 0, GetParam());
  EXPECT_FALSE(ring.trainer().complete(0)) << "the worker may still be writing";
  EXPECT_TRUE(ring.owner(0, claim->row).is_claimed_by(2));
  worker.publish(*claim);
  EXPECT_TRUE(ring.trainer().complete(0));
}

TEST_P(Cancelling, LeavesPublishedAndVoidRowsAlone) {
  const std::uint32_t rows = (GetParam() + 1) / 2;
  const TestRing ring(GetParam());
  ring.arm(0, 0, rows);
  ring.work_off(1);
  ring.trainer().cancel(0, 0, rows);
  for (std::uint32_t r = 0; r < rows; ++r) EXPECT_EQ(ring.status(0, r), SampleStatus::ok) << "row " << r;
  for (std::uint32_t r = rows; r < GetParam(); ++r) {
    EXPECT_TRUE(ring.owner(0, r).is_claimed_by(OwnerWord::coordinator)) << "row " << r;
  }
}

TEST_P(Cancelling, TheSlabIsReusableAsAfterAnyBatch) {
  const TestRing ring(GetParam());
  ring.arm(0, 0);
  ring.arm(1, 1);
  ring.trainer().cancel(0, 0, GetParam());
  ring.trainer().cancel(1, 1, GetParam());
  ring.arm(1, 2);
  const auto claims = ring.work_off(0);
  ASSERT_EQ(claims.size(), GetParam());
  EXPECT_EQ(claims[0].batch, 2u);
}

TEST(Cancel, ARowFreedByRecoveryWithAttemptsIsTakenToo) {
  const TestRing ring(1);
  ring.arm(0, 0);
  ASSERT_TRUE(ring.worker(0).try_claim());
  ring.view().slot(0).active.store(1);
  ring.bury(0, crash_weight);
  ring.trainer().cancel(0, 0, 1);
  EXPECT_TRUE(ring.trainer().complete(0));
}

TEST(Stop, IsSeenByEveryWorkerAndWakesThem) {
  const TestRing ring(1);
  const std::uint32_t key = ring.view().pool().work.prepare();
  ring.trainer().stop();
  EXPECT_TRUE(ring.worker(0).stopped());
  EXPECT_TRUE(ring.worker(3).stopped());
  EXPECT_TRUE(ring.view().pool().work.wait(key, std::chrono::milliseconds{-1}));
}

}  // namespace
}  // namespace slabring::ring
