#include "ring/recovery.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "ring/test_ring.hpp"

namespace slabring::ring {
namespace {

/// The worker in `slot` claims the next row and begins it, as the worker loop does.
Claim begin_row(const TestRing& ring, std::uint32_t slot) {
  const auto claim = ring.worker(slot).try_claim();
  if (!claim) throw std::logic_error("the test expected a free row");
  ring.view().slot(slot).active.store(claim->ticket + 1);
  return *claim;
}

class Recovering : public testing::TestWithParam<std::uint32_t> {};
INSTANTIATE_TEST_SUITE_P(BatchSize, Recovering, testing::ValuesIn(telling_batch_sizes),
                         testing::PrintToStringParamName());

TEST_P(Recovering, ReturnsAClaimedRowToTheOthers) {
  const TestRing ring(GetParam());
  ring.arm(1, 0);
  const Claim lost = begin_row(ring, 0);
  ring.work_off(1);
  ASSERT_FALSE(ring.trainer().complete(1));

  const Recovered recovered = ring.bury(0);
  EXPECT_EQ(recovered.freed, 1u);
  EXPECT_EQ(recovered.quarantined, 0u);
  EXPECT_EQ(ring.owner(1, lost.row).bits(), OwnerWord::free(0, kill_weight).bits());
  const auto redone = ring.work_off(1);
  ASSERT_EQ(redone.size(), 1u);
  EXPECT_EQ(redone[0].ticket, lost.ticket);
  EXPECT_TRUE(ring.trainer().complete(1));
}

TEST_P(Recovering, ReturnsEveryRowOfTheDeadInEverySlab) {
  const TestRing ring(GetParam());
  ring.arm(2, 0);
  ring.arm(0, 1);
  std::uint32_t lost = 0;
  for (std::uint32_t i = 0; i < 2 * GetParam(); ++i) {
    const std::uint32_t slot = i % 3 == 0 ? 0 : 1;
    begin_row(ring, slot);
    lost += slot == 0;
  }
  EXPECT_EQ(ring.bury(0).freed, lost);
  EXPECT_EQ(ring.hint_ticket(), 0u);
  EXPECT_EQ(ring.work_off(1).size(), lost);
}

TEST_P(Recovering, LeavesWhatThePublisherFinishedBeforeItDied) {
  const TestRing ring(GetParam());
  ring.arm(0, 0);
  ring.work_off(0);
  const Recovered recovered = ring.bury(0);
  EXPECT_EQ(recovered.freed, 0u);
  EXPECT_TRUE(ring.trainer().complete(0));
  EXPECT_EQ(ring.status(0, 0), SampleStatus::ok);
}

TEST_P(Recovering, LeavesTheRowsOfTheLiving) {
  const TestRing ring(GetParam());
  ring.arm(0, 0);
  const Claim held = begin_row(ring, 1);
  EXPECT_EQ(ring.bury(0).freed, 0u);
  EXPECT_TRUE(ring.owner(0, held.row).is_claimed_by(1));
}

TEST_P(Recovering, LeavesVoidRowsOfABatchThatIsBeingArmed) {
  const TestRing ring(GetParam());
  // As at FaultPoint::arm_owners on fresh memory: void rows are the coordinator's, the bitmap is not yet written.
  ring.view().owner(0, GetParam() - 1).store(OwnerWord::claimed(0, 0, OwnerWord::coordinator).bits());
  ring.bury(0);
  EXPECT_FALSE(ring.done(0, GetParam() - 1));
  EXPECT_EQ(ring.owner(0, GetParam() - 1).bits(), OwnerWord::claimed(0, 0, OwnerWord::coordinator).bits());
}

TEST_P(Recovering, QuarantinesARowThatTwoWorkersCrashedOn) {
  const TestRing ring(GetParam());
  ring.arm(0, 0);
  const Claim first = begin_row(ring, 0);
  ring.bury(0, crash_weight);
  const Claim second = begin_row(ring, 1);
  ASSERT_EQ(first.ticket, second.ticket);
  std::ranges::fill(ring.view().pixels(0, second.row), std::byte{0xab});
  ring.view().labels(0)[second.row] = 3;

  const Recovered recovered = ring.bury(1, crash_weight);
  EXPECT_EQ(recovered.freed, 0u);
  EXPECT_EQ(recovered.quarantined, 1u);
  EXPECT_TRUE(ring.done(0, second.row));
  EXPECT_EQ(ring.status(0, second.row), SampleStatus::quarantined);
  EXPECT_EQ(ring.view().labels(0)[second.row], -1);
  EXPECT_TRUE(std::ranges::all_of(ring.view().pixels(0, second.row), [](std::byte b) { return b == std::byte{0}; }));
  EXPECT_STREQ(ring.view().message(0, second.row).text, "two workers died of this sample");
  ring.work_off(2);
  EXPECT_TRUE(ring.trainer().complete(0));
}

TEST_P(Recovering, ZeroesWhatAQuarantinedRowHasInTheExtraArraysAndNoMore) {
  const TestRing ring(GetParam());
  const View& view = ring.view();
  ASSERT_GT(view.shape().extra_arrays, 1u);
  std::ranges::fill(std::span(ring.data().begin(), ring.data().size()), std::byte{0xab});
  ring.arm(0, 0);
  const Claim claim = begin_row(ring, 0);
  ring.bury(0, quarantine_attempts);
  for (std::uint32_t array = 0; array < view.shape().extra_arrays; ++array) {
    for (std::uint32_t r = 0; r < GetParam(); ++r) {
      const std::byte expected = r == claim.row ? std::byte{0} : std::byte{0xab};
      EXPECT_TRUE(std::ranges::all_of(view.extra(0, r, array), [&](std::byte b) { return b == expected; })) << r;
    }
  }
}

TEST(Recovery, QuarantinesAtTheSixteenthKillAndNotBefore) {
  const TestRing ring(1);
  ring.arm(0, 0);
  for (std::uint32_t kill = 1; kill <= 15; ++kill) {
    begin_row(ring, 0);
    ASSERT_EQ(ring.bury(0, kill_weight).freed, 1u) << "kill " << kill;
  }
  begin_row(ring, 0);
  EXPECT_EQ(ring.bury(0, kill_weight).quarantined, 1u);
}

TEST(Recovery, ACrashAndSevenKillsAreNotYetTwoCrashes) {
  const TestRing ring(1);
  ring.arm(0, 0);
  begin_row(ring, 0);
  ring.bury(0, crash_weight);
  for (int kill = 0; kill < 7; ++kill) {
    begin_row(ring, 0);
    ASSERT_EQ(ring.bury(0, kill_weight).freed, 1u);
  }
  EXPECT_EQ(ring.owner(0, 0).attempts(), 15u);
}

TEST(Recovery, BlamesOnlyTheRowInHand) {
  const TestRing ring(3);
  ring.arm(0, 0);
  begin_row(ring, 0);
  begin_row(ring, 0);  // a worker with reader threads has several; the one it decodes is `active`
  ring.bury(0, crash_weight);
  EXPECT_EQ(ring.owner(0, 0).attempts(), 0u);
  EXPECT_EQ(ring.owner(0, 1).attempts(), crash_weight);
}

TEST(Recovery, AWorkerThatHadBegunNothingIsNotBlamed) {
  const TestRing ring(1);
  ring.arm(0, 0);
  ASSERT_TRUE(ring.worker(0).try_claim());  // died between the claim and `active`
  ring.bury(0, crash_weight);
  EXPECT_EQ(ring.owner(0, 0).attempts(), 0u);
}

TEST(Recovery, AttemptsStayWithinTheirSixBits) {
  const TestRing ring(1);
  ring.arm(0, 0);
  begin_row(ring, 0);
  ring.bury(0, 1000);
  EXPECT_EQ(ring.owner(0, 0).attempts(), OwnerWord::max_attempts);
  EXPECT_EQ(ring.owner(0, 0).batch(), 0u);
}

TEST(Recovery, CutsALongMessageAndEndsIt) {
  const TestRing ring(1);
  ring.arm(0, 0);
  const std::string long_message(2 * message_bytes, 'x');
  begin_row(ring, 0);
  recover(ring.view(), 0, quarantine_attempts, Verdict{.status = SampleStatus::stalled, .message = long_message});
  EXPECT_EQ(ring.status(0, 0), SampleStatus::stalled);
  EXPECT_EQ(std::string(ring.view().message(0, 0).text), std::string(message_bytes - 1, 'x'));
}

TEST(Recovery, LowersTheHintAndChangesItsTag) {
  const TestRing ring(4);
  ring.arm(0, 0);
  begin_row(ring, 1);
  begin_row(ring, 0);
  begin_row(ring, 1);
  const std::uint64_t tag = ring.hint_tag();
  ring.bury(0);
  EXPECT_EQ(ring.hint_ticket(), 1u);
  EXPECT_EQ(ring.hint_tag(), tag + 1);
}

TEST(Recovery, ChangesTheTagAlsoWhenTheHintIsLowEnough) {
  const TestRing ring(4);
  ring.arm(0, 0);
  begin_row(ring, 0);
  ring.ring().hint.store(0);  // every advance was lost
  ring.bury(0);
  EXPECT_EQ(ring.hint_ticket(), 0u);
  EXPECT_EQ(ring.hint_tag(), 1u) << "a scanner that passed the row with the old hint must not advance it";
}

TEST(Recovery, TheTagWrapsIntoSixteenBits) {
  const TestRing ring(4);
  ring.arm(0, 0);
  begin_row(ring, 0);
  ring.ring().hint.store(std::uint64_t{0xffff} << ticket_bits | 1);
  ring.bury(0);
  EXPECT_EQ(ring.ring().hint.load(), 0u);
}

TEST(Recovery, RingsBothBellsEvenIfTheDeadHadNothing) {
  const TestRing ring(1);
  Bell& ready = ring.ring().ready;
  Bell& work = ring.view().pool().work;
  const std::uint32_t ready_key = ready.prepare();
  const std::uint32_t work_key = work.prepare();
  ring.bury(0);
  EXPECT_TRUE(ready.wait(ready_key, std::chrono::milliseconds{-1}));
  EXPECT_TRUE(work.wait(work_key, std::chrono::milliseconds{-1}));
}

TEST(Recovery, CountsWhatItDid) {
  const TestRing ring(2);
  ring.arm(0, 0);
  begin_row(ring, 0);
  ring.bury(0);
  begin_row(ring, 0);
  recover(ring.view(), 0, quarantine_attempts, {});
  EXPECT_EQ(ring.view().counters().rows_redone.load(), 1u);
  EXPECT_EQ(ring.view().counters().quarantined.load(), 1u);
}

constexpr Verdict with_substitutes{.message = "of this sample", .give_up_at = last_substitute_attempts};

TEST(Condemn, LeavesTheReasonInTheRowAndFreesItForAnotherSample) {
  const TestRing ring(2);
  ring.arm(0, 0);
  begin_row(ring, 0);
  std::ranges::fill(ring.view().pixels(0, 0), std::byte{0xab});
  EXPECT_EQ(recover(ring.view(), 0, quarantine_attempts, with_substitutes).freed, 1u);
  EXPECT_EQ(ring.owner(0, 0).state(), OwnerWord::State::free);
  EXPECT_EQ(ring.status(0, 0), SampleStatus::quarantined);
  EXPECT_EQ(std::string(ring.view().message(0, 0).text), "of this sample");
  EXPECT_EQ(ring.view().pixels(0, 0)[0], std::byte{0});
  const auto claim = ring.worker(1).try_claim();
  ASSERT_TRUE(claim);
  EXPECT_EQ(claim->row, 0u);
  EXPECT_EQ(condemned(claim->attempts), 1u);
}

TEST(Condemn, IsNoMatterOfDeathsBelowTheWeight) {
  const TestRing ring(1);
  ring.arm(0, 0);
  begin_row(ring, 0);
  recover(ring.view(), 0, crash_weight, with_substitutes);
  EXPECT_EQ(ring.status(0, 0), SampleStatus::pending);
  EXPECT_EQ(condemned(ring.owner(0, 0).attempts()), 0u);
}

TEST(Condemn, GivesTheRowUpWhenWorkersDiedOfThreeSamples) {
  const TestRing ring(1);
  ring.arm(0, 0);
  for (const std::uint32_t already : {0u, 1u, 2u}) {
    EXPECT_EQ(condemned(ring.owner(0, 0).attempts()), already);
    begin_row(ring, 0);
    recover(ring.view(), 0, quarantine_attempts, with_substitutes);
  }
  EXPECT_TRUE(ring.trainer().complete(0));
  EXPECT_EQ(ring.status(0, 0), SampleStatus::quarantined);
}

// A coordinator may die half-way, and its successor recovers the same slot again. The states are those at the
// coordinator's fault points; kill_test.cpp makes them by killing.

TEST(RecoveryAgain, LowersTheHintToARowThatThePredecessorFreed) {
  const TestRing ring(2);
  ring.arm(0, 0);
  begin_row(ring, 0);
  begin_row(ring, 1);
  ring.view().owner(0, 0).store(OwnerWord::free(0, 1).bits());  // freed, and the hint left at 2
  ASSERT_FALSE(ring.worker(2).try_claim());

  EXPECT_EQ(ring.bury(0).freed, 0u);
  EXPECT_EQ(ring.hint_ticket(), 0u);
  EXPECT_NE(ring.hint_tag(), 0u);
  EXPECT_TRUE(ring.worker(2).try_claim());
}

TEST(RecoveryAgain, FinishesARowThatThePredecessorWasQuarantining) {
  const TestRing ring(1);
  ring.arm(0, 0);
  begin_row(ring, 0);
  ring.view().owner(0, 0).store(OwnerWord::claimed(0, quarantine_attempts, OwnerWord::coordinator).bits());
  std::ranges::fill(ring.view().pixels(0, 0), std::byte{0xab});

  EXPECT_EQ(ring.bury(0).quarantined, 1u);
  EXPECT_TRUE(ring.trainer().complete(0));
  EXPECT_EQ(ring.status(0, 0), SampleStatus::quarantined);
  EXPECT_EQ(ring.view().pixels(0, 0)[0], std::byte{0});
}

TEST(RecoveryAgain, FreesARowThatThePredecessorWasCondemningWithoutMoreBlame) {
  const TestRing ring(1);
  ring.arm(0, 0);
  begin_row(ring, 0);
  ring.view().owner(0, 0).store(OwnerWord::claimed(0, quarantine_attempts, OwnerWord::coordinator).bits());

  EXPECT_EQ(recover(ring.view(), 0, quarantine_attempts, with_substitutes).freed, 1u);
  EXPECT_EQ(ring.owner(0, 0).attempts(), quarantine_attempts);
  EXPECT_EQ(ring.status(0, 0), SampleStatus::quarantined);
  EXPECT_TRUE(ring.worker(2).try_claim());
}

TEST(RecoveryAgain, ChangesNothingAfterAWholeOne) {
  const TestRing ring(4);
  ring.arm(0, 0);
  begin_row(ring, 0);
  begin_row(ring, 1);
  begin_row(ring, 0);
  ring.bury(0, quarantine_attempts);
  std::vector<std::uint64_t> owners;
  for (std::uint32_t r = 0; r < 4; ++r) owners.push_back(ring.owner(0, r).bits());
  const std::uint64_t done = ring.view().done(0, 0).load();

  const Recovered again = ring.bury(0, quarantine_attempts);
  EXPECT_EQ(again.freed, 0u);
  EXPECT_EQ(again.quarantined, 0u);
  EXPECT_EQ(ring.view().done(0, 0).load(), done);
  for (std::uint32_t r = 0; r < 4; ++r) EXPECT_EQ(ring.owner(0, r).bits(), owners[r]) << "row " << r;
}

}  // namespace
}  // namespace slabring::ring
