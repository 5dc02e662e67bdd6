// Two parties at one word, with each of them first. The order is forced at the fault points, so every case runs the
// same every time.

#include <gtest/gtest.h>

#include "ring/test_ring.hpp"
#include "sync/meanwhile.hpp"

namespace slabring::ring {
namespace {

constexpr std::chrono::milliseconds no_limit{-1};

std::uint64_t ticket_of(const std::optional<Claim>& claim) { return claim ? claim->ticket : ~std::uint64_t{0}; }

// ---- claim against claim

TEST(ClaimAgainstClaim, TheLaterCompareAndSwapTakesTheNextRow) {
  const TestRing ring(4);
  ring.arm(0, 0);
  WorkerPort late = ring.worker(0);
  WorkerPort early = ring.worker(1);
  std::optional<Claim> of_early;
  std::optional<Claim> of_late;
  {
    Meanwhile other(FaultPoint::claim_cas, [&] { of_early = early.try_claim(); });
    of_late = late.try_claim();
  }
  EXPECT_EQ(ticket_of(of_early), 0u);
  EXPECT_EQ(ticket_of(of_late), 1u);
  EXPECT_EQ(late.slot().retries.load(), 1u);
  EXPECT_EQ(early.slot().retries.load(), 0u);
  EXPECT_EQ(ring.owner(0, 0).worker(), 1u);
}

TEST(ClaimAgainstClaim, TheEarlierKeepsItsRowWhileItsHintIsStillOld) {
  const TestRing ring(4);
  ring.arm(0, 0);
  std::optional<Claim> of_late;
  std::optional<Claim> of_early;
  {
    Meanwhile other(FaultPoint::claimed, [&] { of_late = ring.worker(1).try_claim(); });
    of_early = ring.worker(0).try_claim();
  }
  EXPECT_EQ(ticket_of(of_early), 0u);
  EXPECT_EQ(ticket_of(of_late), 1u);
  EXPECT_EQ(ring.hint_ticket(), 2u) << "the earlier one's advance came second, and must not pull the hint back";
}

TEST(ClaimAgainstClaim, TheLastRowGoesToOneOfThem) {
  const TestRing ring(1);
  ring.arm(0, 0);
  std::optional<Claim> of_early;
  std::optional<Claim> of_late;
  {
    Meanwhile other(FaultPoint::claim_cas, [&] { of_early = ring.worker(1).try_claim(); });
    of_late = ring.worker(0).try_claim();
  }
  EXPECT_TRUE(of_early);
  EXPECT_FALSE(of_late);
}

// ---- claim against cancel

TEST(ClaimAgainstCancel, ACancelledRowIsNotClaimed) {
  const TestRing ring(1);
  ring.arm(0, 0);
  std::optional<Claim> claim;
  {
    Meanwhile trainer(FaultPoint::claim_cas, [&] { ring.trainer().cancel(0, 0, 1); });
    claim = ring.worker(0).try_claim();
  }
  EXPECT_FALSE(claim);
  EXPECT_TRUE(ring.trainer().complete(0));
  EXPECT_TRUE(ring.owner(0, 0).is_claimed_by(OwnerWord::trainer));
}

TEST(ClaimAgainstCancel, AClaimedRowIsNotCancelled) {
  const TestRing ring(1);
  ring.arm(0, 0);
  WorkerPort worker = ring.worker(0);
  std::optional<Claim> claim;
  {
    Meanwhile trainer(FaultPoint::claimed, [&] { ring.trainer().cancel(0, 0, 1); });
    claim = worker.try_claim();
  }
  ASSERT_TRUE(claim);
  EXPECT_FALSE(ring.trainer().complete(0));
  worker.publish(*claim);
  EXPECT_TRUE(ring.trainer().complete(0));
}

TEST(ClaimAgainstCancel, AWorkerTakesARowThatCancelHasNotReached) {
  const TestRing ring(3);
  ring.arm(0, 0);
  WorkerPort worker = ring.worker(0);
  std::optional<Claim> claim;
  {
    Meanwhile other(FaultPoint::cancel_cas, [&] { claim = worker.try_claim(); });
    ring.trainer().cancel(0, 0, 3);
  }
  EXPECT_EQ(ticket_of(claim), 1u);
  EXPECT_FALSE(ring.trainer().complete(0));
  worker.publish(*claim);
  EXPECT_TRUE(ring.trainer().complete(0));
}

// ---- claim against a slab that is recycled

/// The batch is finished by others, taken, and its slab armed again.
void recycle(const TestRing& ring, std::uint32_t slab, std::uint64_t next_batch) {
  ring.work_off(3);
  ASSERT_TRUE(ring.trainer().complete(slab));
  ring.arm(slab, next_batch);
}

TEST(ClaimAgainstRecycling, AScannerThatReadTheOldOrderGoesToTheNewBatch) {
  const TestRing ring(2);
  ring.arm(0, 0);
  std::optional<Claim> claim;
  {
    Meanwhile others(FaultPoint::claim_scan, [&] { recycle(ring, 0, 1); });
    claim = ring.worker(0).try_claim();
  }
  ASSERT_TRUE(claim);
  EXPECT_EQ(claim->batch, 1u);
  EXPECT_EQ(claim->ticket, 2u);
}

TEST(ClaimAgainstRecycling, ACompareAndSwapOfTheOldBatchFails) {
  const TestRing ring(2);
  ring.arm(0, 0);
  std::optional<Claim> claim;
  {
    Meanwhile others(FaultPoint::claim_cas, [&] { recycle(ring, 0, 1); });
    claim = ring.worker(0).try_claim();
  }
  ASSERT_TRUE(claim);
  EXPECT_EQ(claim->batch, 1u);
  EXPECT_EQ(ring.owner(0, 0).batch(), 1u);
}

TEST(ClaimAgainstRecycling, AClaimHoldsTheSlab) {
  const TestRing ring(2);
  ring.arm(0, 0);
  WorkerPort worker = ring.worker(0);
  std::optional<Claim> claim;
  {
    Meanwhile others(FaultPoint::claimed, [&] { ring.work_off(3); });
    claim = worker.try_claim();
  }
  EXPECT_FALSE(ring.trainer().complete(0)) << "so the trainer cannot arm it again";
  worker.publish(*claim);
  EXPECT_TRUE(ring.trainer().complete(0));
}

// ---- claim against arm

class ClaimWhileArming : public testing::TestWithParam<FaultPoint> {};
INSTANTIATE_TEST_SUITE_P(At, ClaimWhileArming,
                         testing::Values(FaultPoint::arm_owners, FaultPoint::arm_bitmap, FaultPoint::arm_order),
                         [](const auto& test) { return std::string(to_string(test.param)); });

TEST_P(ClaimWhileArming, FindsNothingBeforeTheBatchIsIssued) {
  const TestRing ring(2);
  ring.arm(0, 0);
  ring.work_off(0);
  std::optional<Claim> early;
  {
    Meanwhile worker(GetParam(), [&] { early = ring.worker(0).try_claim(); });
    ring.arm(0, 1);
  }
  EXPECT_FALSE(early);
  EXPECT_EQ(ticket_of(ring.worker(0).try_claim()), 2u);
}

TEST_P(ClaimWhileArming, AScannerFarBehindPassesTheSlabThatIsArmed) {
  const TestRing ring(2);
  ring.arm(0, 0);
  ring.arm(1, 1);
  ring.worker(2).try_claim();
  ring.worker(2).publish(Claim{.slab = 0, .row = 0});
  ring.worker(2).try_claim();
  ring.worker(2).publish(Claim{.slab = 0, .row = 1});
  ring.ring().hint.store(0);
  std::optional<Claim> claim;
  {
    Meanwhile worker(GetParam(), [&] { claim = ring.worker(0).try_claim(); });
    ring.arm(0, 2);
  }
  EXPECT_EQ(ticket_of(claim), 2u);
}

TEST(ClaimWhileArming, TakesARowAsSoonAsTheBatchIsIssued) {
  const TestRing ring(2);
  std::optional<Claim> claim;
  {
    Meanwhile worker(FaultPoint::arm_issued, [&] { claim = ring.worker(0).try_claim(); });
    ring.arm(0, 0);
  }
  EXPECT_EQ(ticket_of(claim), 0u);
}

// ---- the last publisher against the trainer that goes to sleep

/// As the trainer waits: true if it went to sleep for good.
class WaitingTrainer {
 public:
  explicit WaitingTrainer(const TestRing& ring) : ring_(ring) {}
  /// Its first two steps.
  void register_and_look() {
    key_ = ring_.ring().ready.prepare();
    saw_complete_ = ring_.trainer().complete(0);
  }
  bool saw_complete() const { return saw_complete_; }
  /// Its third; returns at once if the bell has rung since.
  bool wait() { return ring_.ring().ready.wait(key_, std::chrono::seconds{10}); }

 private:
  const TestRing& ring_;
  std::uint32_t key_ = 0;
  bool saw_complete_ = false;
};

class PublishAgainstSleep : public testing::Test {
 protected:
  PublishAgainstSleep() {
    ring.arm(0, 0);
    claim = *worker.try_claim();
  }
  const TestRing ring{1};
  WorkerPort worker = ring.worker(0);
  Claim claim;
  WaitingTrainer trainer{ring};
};

TEST_F(PublishAgainstSleep, RegisteredBeforeThePublishIsWoken) {
  trainer.register_and_look();
  EXPECT_FALSE(trainer.saw_complete());
  worker.publish(claim);
  EXPECT_TRUE(trainer.wait()) << "the bell has rung: no sleep";
}

TEST_F(PublishAgainstSleep, RegisteredAfterTheDoneBitSeesTheBatchOrIsWoken) {
  {
    Meanwhile other(FaultPoint::done_set, [&] { trainer.register_and_look(); });
    worker.publish(claim);
  }
  EXPECT_TRUE(trainer.saw_complete());
  EXPECT_TRUE(trainer.wait());
}

TEST_F(PublishAgainstSleep, RegisteredBeforeTheRingIsWokenByIt) {
  {
    Meanwhile other(FaultPoint::batch_complete, [&] { trainer.register_and_look(); });
    worker.publish(claim);
  }
  EXPECT_TRUE(trainer.saw_complete());
  EXPECT_FALSE(ring.ring().ready.has_sleepers());
  EXPECT_TRUE(trainer.wait());
}

TEST_F(PublishAgainstSleep, RegisteredAfterThePublishSeesTheBatch) {
  worker.publish(claim);
  trainer.register_and_look();
  EXPECT_TRUE(trainer.saw_complete());
}

TEST_F(PublishAgainstSleep, AWorkerThatDiesBeforeItsWakeOwesItToRecovery) {
  trainer.register_and_look();
  {
    // Everything after this point is what a killed worker does not do.
    Meanwhile killed(FaultPoint::bell_bit_cleared, [&] {
      EXPECT_FALSE(ring.ring().ready.has_sleepers());
      ring.bury(0);
    });
    worker.publish(claim);
  }
  EXPECT_TRUE(trainer.wait());
}

// ---- two last publishers, in different words of the bitmap

class TwoLastPublishers : public testing::TestWithParam<FaultPoint> {};
INSTANTIATE_TEST_SUITE_P(At, TwoLastPublishers, testing::Values(FaultPoint::done_set, FaultPoint::batch_complete),
                         [](const auto& test) { return std::string(to_string(test.param)); });

TEST_P(TwoLastPublishers, AtLeastOneWakesTheTrainer) {
  for (const std::uint32_t first_row : {0u, 64u}) {
    const TestRing ring(65);
    ring.arm(0, 0);
    WorkerPort worker = ring.worker(0);
    for (std::uint32_t r = 0; r < 65; ++r) ASSERT_TRUE(worker.try_claim());
    for (std::uint32_t r = 1; r < 64; ++r) worker.publish(Claim{.slab = 0, .row = r});
    const Claim a{.slab = 0, .row = first_row};
    const Claim b{.slab = 0, .row = 64 - first_row};
    if (GetParam() == FaultPoint::batch_complete) ring.view().done(0, b.row / 64).fetch_or(1);  // b published silently
    ring.ring().ready.prepare();
    {
      Meanwhile other(GetParam(), [&] { ring.worker(1).publish(b); });
      worker.publish(a);
    }
    EXPECT_TRUE(ring.trainer().complete(0));
    EXPECT_FALSE(ring.ring().ready.has_sleepers());
  }
}

// ---- a worker that goes to sleep against arm, the chain and stop

TEST(SleepAgainstArm, ArmedBeforeTheSecondLookIsFoundByIt) {
  const TestRing ring(1);
  std::optional<Claim> claim;
  {
    Meanwhile trainer(FaultPoint::sleep_registered, [&] { ring.arm(0, 0); });
    claim = ring.worker(0).next(no_limit);
  }
  EXPECT_EQ(ticket_of(claim), 0u);
  EXPECT_EQ(ring.view().slot(0).sleeps.load(), 0u);
}

TEST(SleepAgainstArm, ArmedAfterTheSecondLookEndsTheSleep) {
  const TestRing ring(1);
  std::optional<Claim> claim;
  {
    Meanwhile trainer(FaultPoint::sleeping, [&] { ring.arm(0, 0); });
    claim = ring.worker(0).next(no_limit);
  }
  EXPECT_EQ(ticket_of(claim), 0u);
}

TEST(SleepAgainstStop, StoppedBeforeTheSecondLookEnds) {
  const TestRing ring(1);
  Meanwhile trainer(FaultPoint::sleep_registered, [&] { ring.trainer().stop(); });
  EXPECT_FALSE(ring.worker(0).next(no_limit));
}

TEST(SleepAgainstStop, StoppedAfterTheSecondLookEndsTheSleep) {
  const TestRing ring(1);
  Meanwhile trainer(FaultPoint::sleeping, [&] { ring.trainer().stop(); });
  EXPECT_FALSE(ring.worker(0).next(no_limit));
}

TEST(SleepAgainstRecovery, ARowFreedAfterTheSecondLookEndsTheSleep) {
  const TestRing ring(1);
  ring.arm(0, 0);
  ring.worker(1).try_claim();
  std::optional<Claim> claim;
  {
    Meanwhile coordinator(FaultPoint::sleeping, [&] { ring.bury(1); });
    claim = ring.worker(0).next(no_limit);
  }
  EXPECT_EQ(ticket_of(claim), 0u);
}

TEST(WakeChain, AWorkerThatDiesBeforeItWakesTheNextOwesItToRecovery) {
  const TestRing ring(2);
  ring.arm(0, 0);
  Bell& work = ring.view().pool().work;
  const std::uint32_t key_of_next = work.prepare();
  {
    // Killed with its row claimed and the hint advanced; recovery comes before anybody else rings.
    Meanwhile killed(FaultPoint::hint_advanced, [&] {
      ring.bury(0);
      EXPECT_TRUE(work.wait(key_of_next, no_limit));
    });
    ring.worker(0).try_claim();
  }
  EXPECT_EQ(ring.hint_ticket(), 0u);
}

// ---- the hint against recovery

TEST(HintAgainstRecovery, AScannerThatPassedTheRowBeforeItWasFreedCannotHideIt) {
  const TestRing ring(3);
  ring.arm(0, 0);
  ring.worker(1).try_claim();  // row 0; this worker dies
  ring.ring().hint.store(0);   // its advance was lost, or is still to come
  std::optional<Claim> claim;
  {
    Meanwhile coordinator(FaultPoint::claimed, [&] { ring.bury(1); });
    claim = ring.worker(0).try_claim();
  }
  EXPECT_EQ(ticket_of(claim), 1u);
  EXPECT_EQ(ring.hint_ticket(), 0u) << "the ticket alone is as it was: only the tag tells the scanner";
  EXPECT_EQ(ticket_of(ring.worker(0).try_claim()), 0u);
}

TEST(HintAgainstRecovery, AnAdvanceBeforeTheHintIsLoweredIsUndone) {
  const TestRing ring(3);
  ring.arm(0, 0);
  ring.worker(1).try_claim();
  std::optional<Claim> claim;
  {
    Meanwhile worker(FaultPoint::recover_freed, [&] {
      ring.ring().hint.store(1);
      claim = ring.worker(0).try_claim();
    });
    ring.bury(1);
  }
  EXPECT_EQ(ticket_of(claim), 1u);
  EXPECT_EQ(ticket_of(ring.worker(0).try_claim()), 0u);
}

TEST(HintAgainstRecovery, ARowTakenBeforeTheHintIsLoweredIsNotTakenTwice) {
  const TestRing ring(2);
  ring.arm(0, 0);
  ring.worker(1).try_claim();
  std::optional<Claim> claim;
  {
    Meanwhile worker(FaultPoint::recover_freed, [&] {
      ring.ring().hint.store(0);
      claim = ring.worker(0).try_claim();
    });
    ring.bury(1);
  }
  EXPECT_EQ(ticket_of(claim), 0u);
  EXPECT_EQ(ticket_of(ring.worker(0).try_claim()), 1u);
}

// ---- recovery against a slab that is recycled

class RecoveryAgainstRecycling : public testing::TestWithParam<FaultPoint> {};
INSTANTIATE_TEST_SUITE_P(At, RecoveryAgainstRecycling,
                         testing::Values(FaultPoint::arm_owners, FaultPoint::arm_bitmap, FaultPoint::arm_issued),
                         [](const auto& test) { return std::string(to_string(test.param)); });

TEST_P(RecoveryAgainstRecycling, ARecoveryAtAnyStepOfArmTouchesNothing) {
  const TestRing ring(3);
  ring.arm(0, 0);
  ring.work_off(1);  // published all rows, then died
  {
    Meanwhile coordinator(GetParam(), [&] { ring.bury(1); });
    ring.arm(0, 1, /*rows=*/2);
  }
  for (std::uint32_t r = 0; r < 2; ++r) EXPECT_EQ(ring.owner(0, r).bits(), OwnerWord::free(1, 0).bits());
  EXPECT_EQ(ring.view().done(0, 0).load(), 0b100u);
  EXPECT_EQ(ring.work_off(0).size(), 2u);
}

TEST(RecoveryAgainstRecycling, ARowThatWasDoneWhenItsSlabWasArmedAgainIsLeftAlone) {
  const TestRing ring(1);
  ring.arm(0, 0);
  ring.work_off(1);
  Recovered recovered;
  {
    // Between the look at the owner (the dead one's, of batch 0) and that at the bitmap (clear again, for batch 1).
    Meanwhile trainer(FaultPoint::recover_seen, [&] { ring.arm(0, 1); });
    recovered = ring.bury(1);
  }
  EXPECT_EQ(recovered.freed, 0u);
  EXPECT_EQ(ring.owner(0, 0).bits(), OwnerWord::free(1, 0).bits());
}

TEST(RecoveryAgainstRecycling, AlsoWhenTheNewBatchIsInHandAlready) {
  const TestRing ring(1);
  ring.arm(0, 0);
  ring.work_off(1);
  Recovered recovered;
  {
    Meanwhile others(FaultPoint::recover_seen, [&] {
      ring.arm(0, 1);
      ring.worker(2).try_claim();
    });
    recovered = ring.bury(1, quarantine_attempts);
  }
  EXPECT_EQ(recovered.freed + recovered.quarantined, 0u);
  EXPECT_TRUE(ring.owner(0, 0).is_claimed_by(2));
}

TEST(RecoveryAgainstRecycling, AQuarantineThatThePredecessorFinishedIsNotWrittenAgain) {
  const TestRing ring(1);
  ring.arm(0, 0);
  ring.view().owner(0, 0).store(OwnerWord::claimed(0, quarantine_attempts, OwnerWord::coordinator).bits());
  ring.view().done(0, 0).store(1);
  {
    Meanwhile trainer(FaultPoint::recover_seen, [&] { ring.arm(0, 1); });
    ring.bury(1);
  }
  EXPECT_EQ(ring.status(0, 0), SampleStatus::pending);
  EXPECT_EQ(ring.owner(0, 0).bits(), OwnerWord::free(1, 0).bits());
}

TEST(RecoveryAgainstRecycling, AnUnfinishedRowKeepsItsSlabFromBeingRecycled) {
  const TestRing ring(1);
  ring.arm(0, 0);
  ring.worker(1).try_claim();
  {
    Meanwhile trainer(FaultPoint::recover_cas, [&] { EXPECT_FALSE(ring.trainer().complete(0)); });
    EXPECT_EQ(ring.bury(1).freed, 1u);
  }
}

TEST(RecoveryAgainstDelivery, AQuarantinedRowCompletesItsBatchOnlyWhenItIsWritten) {
  const TestRing ring(1);
  ring.arm(0, 0);
  ring.worker(1).try_claim();
  ring.view().slot(1).active.store(1);
  {
    Meanwhile trainer(FaultPoint::quarantine_mine, [&] { EXPECT_FALSE(ring.trainer().complete(0)); });
    EXPECT_EQ(ring.bury(1, quarantine_attempts).quarantined, 1u);
  }
  EXPECT_TRUE(ring.trainer().complete(0));
}

// ---- recovery against cancel

TEST(RecoveryAgainstCancel, ARowThatCancelPassedIsRedoneByAWorker) {
  const TestRing ring(2);
  ring.arm(0, 0);
  ring.worker(1).try_claim();
  {
    Meanwhile trainer(FaultPoint::recover_cas, [&] { ring.trainer().cancel(0, 0, 2); });
    EXPECT_EQ(ring.bury(1).freed, 1u);
  }
  EXPECT_FALSE(ring.trainer().complete(0)) << "it completes on the ordinary path";
  EXPECT_EQ(ring.work_off(0).size(), 1u);
  EXPECT_TRUE(ring.trainer().complete(0));
}

TEST(RecoveryAgainstCancel, ARowThatWasFreedFirstIsCancelled) {
  const TestRing ring(2);
  ring.arm(0, 0);
  ring.worker(1).try_claim();
  {
    Meanwhile trainer(FaultPoint::recover_freed, [&] { ring.trainer().cancel(0, 0, 2); });
    EXPECT_EQ(ring.bury(1).freed, 1u);
  }
  EXPECT_TRUE(ring.trainer().complete(0));
  EXPECT_FALSE(ring.worker(0).try_claim());
}

TEST(RecoveryAgainstCancel, ARecoveryBetweenClaimAndDoneBitLeavesTheTrainersRow) {
  const TestRing ring(1);
  ring.arm(0, 0);
  {
    Meanwhile coordinator(FaultPoint::cancel_cas, [&] { ring.bury(1); });
    ring.trainer().cancel(0, 0, 1);
  }
  EXPECT_TRUE(ring.owner(0, 0).is_claimed_by(OwnerWord::trainer));
  EXPECT_TRUE(ring.trainer().complete(0));
}

}  // namespace
}  // namespace slabring::ring
