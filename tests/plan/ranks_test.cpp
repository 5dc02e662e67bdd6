// One epoch divided among ranks: whatever their number, they deliver it, and none waits for another's batch.
#include <gtest/gtest.h>

#include <algorithm>
#include <tuple>
#include <vector>

#include "plan/epoch_plan.hpp"

namespace slabring {
namespace {

constexpr std::uint32_t worlds[] = {1, 2, 3, 4, 8, 13};

/// What the ranks of one world deliver of an epoch from `position` on, put together.
struct Delivered {
  std::vector<SampleId> own;       ///< in the order of ranks within batches
  std::vector<SampleId> repeated;  ///< to fill up an uneven end
  std::uint64_t absent = 0;
  std::uint64_t batches = 0;
};

PlanOptions of_rank(PlanOptions options, std::uint32_t rank, std::uint32_t world) {
  options.share = rank;
  options.shares = world;
  return options;
}

/// Checks, too, that all ranks have as many batches with as many rows.
Delivered deliver(const PlanOptions& options, std::uint32_t world, std::uint64_t epoch, std::uint64_t position = 0) {
  std::vector<EpochPlan> plans;
  for (std::uint32_t rank = 0; rank < world; ++rank) plans.emplace_back(of_rank(options, rank, world));
  Delivered delivered;
  while (const auto first = plans[0].batch_at(position)) {
    for (EpochPlan& plan : plans) {
      const auto batch = plan.batch_at(position);
      EXPECT_TRUE(batch && batch->rows == first->rows && batch->next == first->next && batch->number == first->number);
      EXPECT_TRUE(batch->own <= batch->filled && batch->filled <= batch->rows && batch->rows <= options.batch_size);
      std::vector<SampleId> ids(batch->filled);
      plan.ids(epoch, *batch, ids);
      delivered.own.insert(delivered.own.end(), ids.begin(), ids.begin() + batch->own);
      delivered.repeated.insert(delivered.repeated.end(), ids.begin() + batch->own, ids.end());
      delivered.absent += batch->rows - batch->filled;
    }
    ++delivered.batches;
    position = first->next;
  }
  for (const EpochPlan& plan : plans) EXPECT_FALSE(plan.batch_at(position));
  return delivered;
}

std::vector<SampleId> order_of(PlanOptions options, std::uint64_t epoch) {
  options.batch_size = 1;
  options.drop_last = false;
  return deliver(options, 1, epoch).own;
}

TEST(Ranks, TogetherDeliverTheOrderOfASingleProcess) {
  for (const std::uint32_t world : worlds)
    for (const std::uint32_t batch_size : {1U, 2U, 7U, 64U})
      for (const std::uint64_t samples : {1U, 2U, 5U, 12U, 64U, 100U, 301U})
        for (const Uneven uneven : {Uneven::pad, Uneven::drop, Uneven::exact}) {
          const PlanOptions options{
              .samples = samples, .batch_size = batch_size, .shuffle = true, .seed = 5, .uneven = uneven};
          SCOPED_TRACE(testing::Message() << "world " << world << " batch " << batch_size << " samples " << samples);
          const Delivered delivered = deliver(options, world, 3);
          std::vector<SampleId> order = order_of(options, 3);
          const std::uint64_t uneven_rows = samples % (std::uint64_t{world} * batch_size) % world;
          if (uneven == Uneven::drop) order.resize(order.size() - uneven_rows);
          ASSERT_EQ(delivered.own, order);
          const std::uint64_t filled_up = uneven_rows == 0 ? 0 : world - uneven_rows;
          ASSERT_EQ(delivered.repeated.size(), uneven == Uneven::pad ? filled_up : 0);
          ASSERT_EQ(delivered.absent, uneven == Uneven::exact ? filled_up : 0);
          for (std::size_t i = 0; i < delivered.repeated.size(); ++i) {
            ASSERT_EQ(delivered.repeated[i], order[i % order.size()]) << "not the epoch's first samples";
          }
        }
}

TEST(Ranks, CountsAreKnownBeforehand) {
  for (const std::uint32_t world : worlds)
    for (std::uint64_t samples = 1; samples < 130; ++samples)
      for (const bool drop_last : {false, true})
        for (const Uneven uneven : {Uneven::pad, Uneven::drop, Uneven::exact}) {
          const PlanOptions options{.samples = samples, .batch_size = 5, .drop_last = drop_last, .uneven = uneven};
          const Delivered delivered = deliver(options, world, 0);
          const EpochPlan plan(of_rank(options, world - 1, world));
          ASSERT_EQ(plan.batches(), delivered.batches) << world << ' ' << samples;
          ASSERT_EQ(plan.rows() * world, delivered.own.size() + delivered.repeated.size() + delivered.absent);
          if (drop_last) {
            ASSERT_EQ(delivered.own.size(), samples / (world * 5) * (world * 5));
          }
        }
}

TEST(Ranks, MoreOfThemThanSamplesGetOneRowEachOrNone) {
  const auto options = [](Uneven uneven) { return PlanOptions{.samples = 3, .batch_size = 4, .uneven = uneven}; };
  const Delivered padded = deliver(options(Uneven::pad), 8, 0);
  EXPECT_EQ(padded.batches, 1U);
  EXPECT_EQ(padded.repeated, (std::vector{SampleId{0}, SampleId{1}, SampleId{2}, SampleId{0}, SampleId{1}}));
  EXPECT_EQ(deliver(options(Uneven::exact), 8, 0).absent, 5U);
  const PlanOptions drop = options(Uneven::drop);
  EXPECT_EQ(EpochPlan(of_rank(drop, 0, 8)).batches(), 0U);
  EXPECT_EQ(EpochPlan(of_rank(drop, 0, 8)).rows(), 0U);
}

TEST(Ranks, EpochLeftByOneWorldIsFinishedByAnother) {
  const PlanOptions options{.samples = 301, .batch_size = 6, .shuffle = true, .seed = 9, .uneven = Uneven::exact};
  const std::vector<SampleId> order = order_of(options, 2);
  for (const std::uint32_t before : worlds) {
    EpochPlan plan(of_rank(options, 0, before));
    for (std::uint64_t number = 0; number <= plan.batches(); ++number) {
      const auto next = plan.batch(number);
      const std::uint64_t position = next ? next->position : plan.positions();
      for (const std::uint32_t after : worlds) {
        const Delivered rest = deliver(options, after, 2, position);
        ASSERT_EQ(rest.own, std::vector(order.begin() + static_cast<std::ptrdiff_t>(position), order.end()))
            << before << " ranks, then " << after << " after batch " << number;
      }
    }
  }
}

TEST(Ranks, BatchOfAllRanksIsThatOfOneProcessWithBatchesAsLarge) {
  const PlanOptions options{.samples = 200, .batch_size = 8, .shuffle = true, .seed = 1};
  PlanOptions alone = options;
  alone.batch_size = 32;
  EpochPlan one(alone);
  for (std::uint64_t number = 0; number < 6; ++number) {
    std::vector<SampleId> together;
    for (std::uint32_t rank = 0; rank < 4; ++rank) {
      EpochPlan plan(of_rank(options, rank, 4));
      std::vector<SampleId> ids(8);
      plan.ids(0, plan.batch(number).value(), ids);
      together.insert(together.end(), ids.begin(), ids.end());
    }
    std::vector<SampleId> expected(32);
    one.ids(0, one.batch(number).value(), expected);
    EXPECT_EQ(together, expected);
  }
}

/// Too many to count, so batches here and there: what the ranks deliver is a slice of the one order, without a gap.
TEST(Ranks, AThousandOfThemDivideTenBillionSamples) {
  constexpr std::uint32_t world = 1000;
  const PlanOptions options{.samples = 10'000'000'000, .batch_size = 8, .shuffle = true, .seed = 4};
  const auto order = make_epoch_order(Sampler::random().spec(), options.samples, options.seed);
  std::vector<EpochPlan> plans;
  for (std::uint32_t rank = 0; rank < world; ++rank) plans.emplace_back(of_rank(options, rank, world));
  for (const std::uint64_t number : {std::uint64_t{0}, std::uint64_t{777'777}, plans[0].batches() - 1}) {
    std::uint64_t position = number * world * options.batch_size;
    for (EpochPlan& plan : plans) {
      const PlannedBatch batch = plan.batch(number).value();
      std::vector<SampleId> ids(batch.filled);
      plan.ids(1, batch, ids);
      for (std::uint32_t row = 0; row < batch.own; ++row) ASSERT_EQ(ids[row], order->at(1, position++).id);
    }
  }
}

TEST(Ranks, NoTwoBatchesOfAnEpochAreMixedByTheSameNumber) {
  for (const std::uint32_t world : worlds) {
    const PlanOptions options{.samples = 1000, .batch_size = 6};
    std::vector<std::uint64_t> numbers;
    for (std::uint32_t rank = 0; rank < world; ++rank) {
      const EpochPlan plan(of_rank(options, rank, world));
      for (std::uint64_t n = 0; n < plan.batches(); ++n) numbers.push_back(plan.batch(n)->mix_number);
    }
    std::sort(numbers.begin(), numbers.end());
    EXPECT_EQ(std::adjacent_find(numbers.begin(), numbers.end()), numbers.end()) << world;
  }
}

}  // namespace
}  // namespace slabring
