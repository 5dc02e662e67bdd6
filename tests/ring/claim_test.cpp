#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "ring/test_ring.hpp"

namespace slabring::ring {
namespace {

using testing::Each;
using testing::Field;
using testing::SizeIs;

class Claiming : public testing::TestWithParam<std::uint32_t> {};
INSTANTIATE_TEST_SUITE_P(BatchSize, Claiming, testing::ValuesIn(telling_batch_sizes),
                         testing::PrintToStringParamName());

TEST_P(Claiming, BeforeTheFirstArmFindsNothing) {
  const TestRing ring(GetParam());
  EXPECT_FALSE(ring.worker(0).try_claim());
}

TEST_P(Claiming, TakesEveryRowOnceInTicketOrder) {
  const TestRing ring(GetParam());
  ring.arm(/*slab=*/2, /*batch=*/0);
  ring.arm(/*slab=*/0, /*batch=*/1);
  WorkerPort worker = ring.worker(1);

  for (std::uint64_t ticket = 0; ticket < 2 * ring.batch_size(); ++ticket) {
    const auto claim = worker.try_claim();
    ASSERT_TRUE(claim);
    EXPECT_EQ(claim->ticket, ticket);
    EXPECT_EQ(claim->batch, ticket / ring.batch_size());
    EXPECT_EQ(claim->row, ticket % ring.batch_size());
    EXPECT_EQ(claim->slab, claim->batch == 0 ? 2u : 0u);
  }
  EXPECT_FALSE(worker.try_claim());
}

TEST_P(Claiming, RecordsWorkerAndBatchInTheRowsOwnWord) {
  const TestRing ring(GetParam());
  ring.arm(1, 0);
  const auto claim = ring.worker(3).try_claim();
  ASSERT_TRUE(claim);
  EXPECT_EQ(ring.owner(1, 0).bits(), OwnerWord::claimed(/*batch=*/0, /*attempts=*/0, /*worker=*/3).bits());
}

TEST_P(Claiming, ARunIsTheFreeRowsBehindTheFirstOfTheSameBatch) {
  const TestRing ring(GetParam());
  ring.arm(0, 0);
  ring.arm(1, 1);
  WorkerPort worker = ring.worker(1);
  const auto first = worker.try_claim();
  ASSERT_TRUE(first);
  const std::uint32_t held = worker.claim_run(*first, 3);
  EXPECT_EQ(held, std::min(GetParam(), 3u));
  for (std::uint32_t r = 0; r < held; ++r) {
    EXPECT_EQ(ring.owner(0, r).bits(), OwnerWord::claimed(/*batch=*/0, /*attempts=*/0, /*worker=*/1).bits());
  }
  const auto other = ring.worker(2).try_claim();
  ASSERT_TRUE(other);
  EXPECT_EQ(other->ticket, held);
}

TEST(ClaimRun, EndsBeforeARowThatIsAnothersOrVoid) {
  const TestRing ring(8);
  ring.arm(0, 0, /*rows=*/5);
  WorkerPort worker = ring.worker(1);
  const auto first = worker.try_claim();
  ASSERT_TRUE(ring.worker(2).try_claim());
  EXPECT_EQ(worker.claim_run(*first, 8), 1u);
  const auto third = worker.try_claim();
  EXPECT_EQ(worker.claim_run(*third, 8), 3u);
}

TEST(ClaimRun, OfADeadWorkerIsFreeAgain) {
  const TestRing ring(8);
  ring.arm(0, 0);
  WorkerPort worker = ring.worker(1);
  const auto first = worker.try_claim();
  ASSERT_EQ(worker.claim_run(*first, 4), 4u);
  worker.publish(*first);
  const Recovered result = recover(ring.view(), 1, /*weight=*/1, {SampleStatus::quarantined, ""});
  EXPECT_EQ(result.freed, 3u);
  EXPECT_THAT(ring.work_off(2), SizeIs(7));
  EXPECT_TRUE(ring.trainer().complete(0));
}

TEST_P(Claiming, NeverTakesAVoidRow) {
  for (std::uint32_t rows : {1u, GetParam() / 2, GetParam() - 1}) {
    if (rows == 0) continue;
    const TestRing ring(GetParam());
    ring.arm(0, 0, rows);
    EXPECT_THAT(ring.work_off(0), SizeIs(rows));
    EXPECT_TRUE(ring.trainer().complete(0)) << rows << " rows";
  }
}

TEST_P(Claiming, GoesOnBehindAPartialBatch) {
  const TestRing ring(GetParam());
  ring.arm(0, 0, 1);
  ring.arm(1, 1);
  const auto claims = ring.work_off(0);
  ASSERT_THAT(claims, SizeIs(1 + GetParam()));
  EXPECT_EQ(claims[1].ticket, GetParam());
}

TEST_P(Claiming, AdvancesTheHintBehindTheClaim) {
  const TestRing ring(GetParam());
  ring.arm(0, 0);
  const auto claim = ring.worker(0).try_claim();
  ASSERT_TRUE(claim);
  EXPECT_EQ(ring.hint_ticket(), claim->ticket + 1);
}

TEST_P(Claiming, FindsTheFreeRowFromAHintThatIsFarBehind) {
  const TestRing ring(GetParam());
  const std::uint64_t batches = 3 * order_size + 5;  // the hint's batch is no longer in order[]
  for (std::uint64_t batch = 0; batch < batches; ++batch) {
    ring.arm(static_cast<std::uint32_t>(batch % TestRing::default_slabs), batch);
    ring.work_off(0);
  }
  ring.arm(static_cast<std::uint32_t>(batches % TestRing::default_slabs), batches);
  ring.ring().hint.store(0);

  const auto claim = ring.worker(0).try_claim();
  ASSERT_TRUE(claim);
  EXPECT_EQ(claim->ticket, batches * ring.batch_size());
  EXPECT_EQ(ring.hint_ticket(), claim->ticket + 1);
}

TEST_P(Claiming, FollowsSlabsReusedInAnyOrder) {
  const TestRing ring(GetParam());
  ring.arm(0, 0);
  ring.arm(1, 1);
  ring.arm(2, 2);
  ring.work_off(0);
  // The trainer still holds batch 0 (slab 0): the two newer slabs come back first, and again.
  ring.arm(2, 3);
  ring.arm(1, 4);
  EXPECT_THAT(ring.work_off(1), SizeIs(2 * GetParam()));
  ring.arm(1, 5);
  ring.arm(2, 6);
  ring.arm(0, 7);
  const auto claims = ring.work_off(1);
  ASSERT_THAT(claims, SizeIs(3 * GetParam()));
  EXPECT_EQ(claims.front().slab, 1u);
  EXPECT_EQ(claims.back().slab, 0u);
}

TEST_P(Claiming, StaysRightWhileTheOrderWrapsSeveralTimes) {
  const TestRing ring(GetParam());
  std::vector<std::uint32_t> free_slabs = {0, 1, 2};
  for (std::uint64_t batch = 0; batch < 4 * order_size; ++batch) {
    // Out of order: each batch takes the slab that was freed last, but one.
    const std::uint32_t slab = free_slabs[free_slabs.size() - 1 - batch % 2];
    ring.arm(slab, batch);
    const auto claims = ring.work_off(static_cast<std::uint32_t>(batch % 4));
    ASSERT_THAT(claims, SizeIs(GetParam())) << "batch " << batch;
    ASSERT_THAT(claims, Each(Field(&Claim::slab, slab))) << "batch " << batch;
    ASSERT_TRUE(ring.trainer().complete(slab));
    std::rotate(free_slabs.begin(), free_slabs.begin() + 1, free_slabs.end());
  }
}

TEST(Claim, CarriesTheAttemptsOver) {
  const TestRing ring(2);
  ring.arm(0, 0);
  ring.view().owner(0, 0).store(OwnerWord::free(0, 8).bits());
  ASSERT_TRUE(ring.worker(1).try_claim());
  EXPECT_EQ(ring.owner(0, 0).attempts(), 8u);
}

TEST(Claim, KeepsTheTagOfTheHint) {
  const TestRing ring(2);
  ring.arm(0, 0);
  ring.ring().hint.store(std::uint64_t{7} << ticket_bits);
  ASSERT_TRUE(ring.worker(0).try_claim());
  EXPECT_EQ(ring.hint_tag(), 7u);
  EXPECT_EQ(ring.hint_ticket(), 1u);
}

TEST(Claim, ComparesBatchNumbersBeyondTheOwnersFortyBits) {
  const TestRing ring(1);
  const std::uint64_t batch = (std::uint64_t{1} << 40) + 3;
  ring.ring().hint.store(batch);
  ring.arm(0, batch);
  const auto claim = ring.worker(0).try_claim();
  ASSERT_TRUE(claim);
  EXPECT_EQ(claim->batch, batch);
  EXPECT_EQ(ring.owner(0, 0).batch(), 3u);
}

TEST(Claim, RefusesASlabThatTheRingDoesNotHave) {
  const TestRing ring(2);
  ring.arm(0, 0);
  ring.ring().order[0].store(TestRing::default_slabs);
  EXPECT_FALSE(ring.worker(0).try_claim());
}

TEST(Claim, NextEndsWhenTheRingIsStopped) {
  const TestRing ring(2);
  ring.arm(0, 0);
  ring.trainer().stop();
  WorkerPort worker = ring.worker(0);
  EXPECT_FALSE(worker.next(std::chrono::milliseconds{-1}));
  EXPECT_TRUE(worker.stopped());
}

TEST(Claim, NextLooksUpAfterItsSliceWithoutWork) {
  const TestRing ring(2);
  WorkerPort worker = ring.worker(0);
  EXPECT_FALSE(worker.next(std::chrono::milliseconds{1}));
  EXPECT_FALSE(worker.stopped());
  EXPECT_EQ(worker.slot().sleeps.load(), 1u);
}

TEST(Claim, NextPassesTheWakeOnWhileThereIsMoreWork) {
  const TestRing ring(2);
  ring.arm(0, 0);
  Bell& work = ring.view().pool().work;
  work.prepare();  // a second worker that sleeps, or died asleep
  ASSERT_TRUE(ring.worker(0).next(std::chrono::milliseconds{-1}));
  EXPECT_FALSE(work.has_sleepers()) << "nobody slept, so the link of the chain had to clear the stale bit";

  work.prepare();
  ASSERT_TRUE(ring.worker(0).next(std::chrono::milliseconds{-1}));
  EXPECT_TRUE(work.has_sleepers()) << "that was the last row: nobody is woken for nothing";
}

}  // namespace
}  // namespace slabring::ring
