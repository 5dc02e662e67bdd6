#include "plan/epoch_plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace slabring {
namespace {

std::vector<SampleId> batch_of(EpochPlan& plan, std::uint64_t epoch, std::uint64_t number) {
  const PlannedBatch batch = plan.batch(number).value();
  std::vector<SampleId> ids(batch.filled);
  plan.ids(epoch, batch, ids);
  return ids;
}

std::vector<SampleId> whole_epoch(EpochPlan& plan, std::uint64_t epoch) {
  std::vector<SampleId> ids;
  for (std::uint64_t batch = 0; batch < plan.batches(); ++batch) {
    const auto part = batch_of(plan, epoch, batch);
    ids.insert(ids.end(), part.begin(), part.end());
  }
  return ids;
}

/// Checks one plan completely: counts agree with each other and every sample is dealt once, but for what drop_last
/// leaves out.
void check_epoch(const PlanOptions& options, std::uint64_t epoch) {
  SCOPED_TRACE(testing::Message() << "samples " << options.samples << " batch " << options.batch_size << " shuffle "
                                  << options.shuffle << " drop_last " << options.drop_last);
  const std::uint64_t left_over = options.samples % options.batch_size;
  const std::uint64_t expected = options.drop_last ? options.samples - left_over : options.samples;
  EpochPlan plan(options);
  ASSERT_EQ(plan.rows(), expected);
  ASSERT_EQ(plan.batches(), (expected + options.batch_size - 1) / options.batch_size);
  for (std::uint64_t batch = 0; batch < plan.batches(); ++batch) {
    const bool partial = batch + 1 == plan.batches() && expected % options.batch_size != 0;
    ASSERT_EQ(plan.batch(batch)->rows, partial ? left_over : options.batch_size);
    ASSERT_EQ(plan.batch(batch)->number, batch);
  }

  std::vector<SampleId> ids = whole_epoch(plan, epoch);
  ASSERT_EQ(ids.size(), expected);
  if (options.shuffle) std::sort(ids.begin(), ids.end());
  ASSERT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end()) << "a sample was dealt twice";
  if (!ids.empty()) {
    ASSERT_LT(to_index(ids.back()), options.samples);
  }
  const bool exact = !options.shuffle || !options.drop_last || left_over == 0;
  for (std::uint64_t i = 0; exact && i < ids.size(); ++i) ASSERT_EQ(to_index(ids[i]), i);
}

TEST(EpochPlan, DealsEverySampleOnceForEverySizeAndBatch) {
  for (std::uint64_t samples = 0; samples <= 300; ++samples)
    for (std::uint32_t batch_size = 1; batch_size <= 33; ++batch_size)
      for (const bool drop_last : {false, true})
        check_epoch({.samples = samples, .batch_size = batch_size, .drop_last = drop_last}, samples);
}

TEST(EpochPlan, DealsEverySampleOnceWhenShuffled) {
  for (std::uint64_t samples = 0; samples <= 300; samples += samples < 40 ? 1 : 13)
    for (std::uint32_t batch_size = 1; batch_size <= 33; batch_size += batch_size < 4 ? 1 : 5)
      for (const bool drop_last : {false, true})
        check_epoch({.samples = samples, .batch_size = batch_size, .shuffle = true, .drop_last = drop_last}, samples);
}

TEST(EpochPlan, AnyBatchAloneIsTheBatchMetInSequence) {
  const PlanOptions options{.samples = 301, .batch_size = 16, .shuffle = true, .seed = 3};
  EpochPlan sequential(options);
  for (std::uint64_t epoch = 0; epoch < 3; ++epoch) {
    for (std::uint64_t batch = 0; batch < sequential.batches(); ++batch) {
      EpochPlan sought(options);
      EXPECT_EQ(batch_of(sought, epoch, batch), batch_of(sequential, epoch, batch)) << epoch << '/' << batch;
    }
  }
}

TEST(EpochPlan, EpochsMayBeAskedForInAnyOrder) {
  const PlanOptions options{.samples = 100, .batch_size = 7, .shuffle = true};
  EpochPlan plan(options);
  const auto zero = whole_epoch(plan, 0);
  const auto five = whole_epoch(plan, 5);
  EXPECT_EQ(whole_epoch(plan, 0), zero);
  EXPECT_EQ(whole_epoch(plan, 5), five);
}

TEST(EpochPlan, ShuffleDependsOnSeedAndEpochAndNothingElse) {
  EpochPlan plan({.samples = 200, .batch_size = 10, .shuffle = true, .seed = 1});
  EpochPlan same({.samples = 200, .batch_size = 10, .shuffle = true, .seed = 1});
  EpochPlan other_batch({.samples = 200, .batch_size = 33, .shuffle = true, .seed = 1});
  EpochPlan other_seed({.samples = 200, .batch_size = 10, .shuffle = true, .seed = 2});
  const auto order = whole_epoch(plan, 0);
  EXPECT_EQ(order, whole_epoch(same, 0));
  EXPECT_EQ(order, whole_epoch(other_batch, 0));
  EXPECT_NE(order, whole_epoch(other_seed, 0));
  EXPECT_NE(order, whole_epoch(plan, 1));
}

TEST(EpochPlan, DropLastLeavesOutOtherSamplesEachEpoch) {
  EpochPlan plan({.samples = 103, .batch_size = 100, .shuffle = true, .drop_last = true});
  std::vector<int> left_out(103, 0);
  for (std::uint64_t epoch = 0; epoch < 200; ++epoch) {
    std::vector<int> dealt(103, 0);
    for (const SampleId id : whole_epoch(plan, epoch)) ++dealt[to_index(id)];
    for (std::size_t i = 0; i < dealt.size(); ++i) left_out[i] += dealt[i] == 0;
  }
  // 600 omissions over 103 samples: 5.8 each on average.
  EXPECT_LE(std::count(left_out.begin(), left_out.end(), 0), 3);
  EXPECT_LT(*std::max_element(left_out.begin(), left_out.end()), 20);
}

TEST(EpochPlan, WithoutShuffleEpochsAreEqual) {
  EpochPlan plan({.samples = 20, .batch_size = 6});
  EXPECT_EQ(whole_epoch(plan, 0), whole_epoch(plan, 9));
}

}  // namespace
}  // namespace slabring
