// Recovery over memory as a killed worker leaves it, written word by word: the bits are spelled out here, so that this
// also pins what the words look like to another process.

#include <gtest/gtest.h>

#include <ostream>

#include "ring/test_ring.hpp"

namespace slabring::ring {
namespace {

// state:2 | attempts:6 | worker:16 | batch:40
constexpr std::uint64_t free_word = 0x4000'0000'0000'0000;
constexpr std::uint64_t claimed_word = 0x8000'0000'0000'0000;
constexpr std::uint64_t attempts(std::uint64_t n) { return n << 56; }
constexpr std::uint64_t by_worker(std::uint64_t n) { return n << 40; }
constexpr std::uint64_t by_coordinator = by_worker(0xffff);
constexpr std::uint64_t by_trainer = by_worker(0xfffe);
constexpr std::uint64_t in_batch(std::uint64_t n) { return n; }

constexpr std::uint32_t dead = 2;
constexpr std::uint32_t batch_size = 70;
constexpr std::uint32_t row = 66;  // bit 2 of the bitmap's second word
constexpr std::uint64_t batch = 9;
constexpr std::uint64_t ticket = batch * batch_size + row;

struct Crash {
  const char* when;
  std::uint64_t owner;
  bool done = false;
  bool active = false;
  std::uint32_t weight = kill_weight;
  std::uint64_t owner_after;
  bool done_after;
};
void PrintTo(const Crash& crash, std::ostream* out) { *out << crash.when; }

const Crash crashes[] = {
    {.when = "BeforeTheClaim",
     .owner = free_word | in_batch(9),
     .owner_after = free_word | in_batch(9),
     .done_after = false},
    {.when = "AfterTheClaim",
     .owner = claimed_word | by_worker(2) | in_batch(9),
     .owner_after = free_word | in_batch(9),
     .done_after = false},
    {.when = "WhileWriting",
     .owner = claimed_word | by_worker(2) | in_batch(9),
     .active = true,
     .owner_after = free_word | attempts(1) | in_batch(9),
     .done_after = false},
    {.when = "WhileWritingWhenItWasToldToLeave",
     .owner = claimed_word | attempts(8) | by_worker(2) | in_batch(9),
     .active = true,
     .weight = 0,
     .owner_after = free_word | attempts(8) | in_batch(9),
     .done_after = false},
    {.when = "WhileWritingByItsOwnFault",
     .owner = claimed_word | by_worker(2) | in_batch(9),
     .active = true,
     .weight = crash_weight,
     .owner_after = free_word | attempts(8) | in_batch(9),
     .done_after = false},
    {.when = "WhileWritingByItsOwnFaultTheSecondTime",
     .owner = claimed_word | attempts(8) | by_worker(2) | in_batch(9),
     .active = true,
     .weight = crash_weight,
     .owner_after = claimed_word | attempts(16) | by_coordinator | in_batch(9),
     .done_after = true},
    {.when = "AfterTheDoneBit",
     .owner = claimed_word | by_worker(2) | in_batch(9),
     .done = true,
     .active = true,
     .weight = crash_weight,
     .owner_after = claimed_word | by_worker(2) | in_batch(9),
     .done_after = true},
    {.when = "WithARowOfAnotherWorkerBeside",
     .owner = claimed_word | by_worker(3) | in_batch(9),
     .owner_after = claimed_word | by_worker(3) | in_batch(9),
     .done_after = false},
    {.when = "WithARowTheTrainerCancelled",
     .owner = claimed_word | by_trainer | in_batch(9),
     .owner_after = claimed_word | by_trainer | in_batch(9),
     .done_after = false},
    {.when = "WithAVoidRow",
     .owner = claimed_word | by_coordinator | in_batch(9),
     .done = true,
     .owner_after = claimed_word | by_coordinator | in_batch(9),
     .done_after = true},
    {.when = "WithARowQuarantinedEarlier",
     .owner = claimed_word | attempts(16) | by_coordinator | in_batch(9),
     .done = true,
     .owner_after = claimed_word | attempts(16) | by_coordinator | in_batch(9),
     .done_after = true},
    {.when = "WithARowThatACoordinatorDiedQuarantining",
     .owner = claimed_word | attempts(16) | by_coordinator | in_batch(9),
     .owner_after = claimed_word | attempts(16) | by_coordinator | in_batch(9),
     .done_after = true},
};

class CrashedMemory : public testing::TestWithParam<Crash> {};
INSTANTIATE_TEST_SUITE_P(Worker, CrashedMemory, testing::ValuesIn(crashes),
                         [](const auto& test) { return std::string(test.param.when); });

TEST_P(CrashedMemory, IsRepaired) {
  const Crash& crash = GetParam();
  const TestRing ring(batch_size);
  const View& view = ring.view();
  view.ring().issued.store(batch + 1);
  view.ring().order[batch].store(1);
  view.ring().hint.store(std::uint64_t{5} << 48 | (ticket + 2));
  for (std::uint32_t r = 0; r < batch_size; ++r) {
    view.owner(1, r).store(claimed_word | by_worker(0) | in_batch(batch));  // a living worker's
  }
  view.owner(1, row).store(crash.owner);
  view.done(1, 0).store(~std::uint64_t{0});
  view.done(1, 1).store(0b111011 | (crash.done ? 0b100 : 0));
  view.slot(dead).active.store(crash.active ? ticket + 1 : 0);

  ring.bury(dead, crash.weight);

  EXPECT_EQ(view.owner(1, row).load(), crash.owner_after);
  EXPECT_EQ(view.complete(1), crash.done_after);
  const bool is_free = crash.owner_after >> 62 == 1;
  EXPECT_EQ(ring.hint_ticket(), is_free ? ticket : ticket + 2) << "a free row must not lie below the hint";
  EXPECT_EQ(ring.worker(0).try_claim().has_value(), is_free);
}

}  // namespace
}  // namespace slabring::ring
