// What each sampler delivers, counted over whole epochs; all seeds are fixed, so nothing here is left to chance.
#include "slabring/sampler.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "plan/epoch_order.hpp"
#include "plan/epoch_plan.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

using ::testing::HasSubstr;

std::vector<SampleId> ids(std::initializer_list<std::uint64_t> numbers) {
  std::vector<SampleId> list;
  for (const std::uint64_t number : numbers) list.push_back(SampleId{number});
  return list;
}

std::vector<PlannedSample> epoch_of(const Sampler& sampler, std::uint64_t samples, std::uint64_t epoch = 0,
                                    std::uint64_t seed = 7) {
  const auto order = make_epoch_order(sampler.spec(), samples, seed);
  std::vector<PlannedSample> planned;
  for (std::uint64_t position = 0; position < order->positions(); ++position) {
    planned.push_back(order->at(epoch, position));
  }
  return planned;
}

std::vector<std::uint64_t> ids_of(const std::vector<PlannedSample>& planned) {
  std::vector<std::uint64_t> list;
  for (const PlannedSample& sample : planned) list.push_back(to_index(sample.id));
  return list;
}

std::vector<double> counts_of(const std::vector<PlannedSample>& planned, std::uint64_t samples) {
  std::vector<double> counts(samples, 0);
  for (const PlannedSample& sample : planned) counts.at(to_index(sample.id)) += 1;
  return counts;
}

/// Chi-square of counts against what is expected, in standard deviations from its mean: about normal, so that 4 is
/// rare.
double surprise(const std::vector<double>& counts, const std::vector<double>& expected) {
  double chi_square = 0;
  double freedom = -1;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (expected[i] <= 0) {
      EXPECT_EQ(counts[i], 0);
      continue;
    }
    chi_square += (counts[i] - expected[i]) * (counts[i] - expected[i]) / expected[i];
    freedom += 1;
  }
  return (chi_square - freedom) / std::sqrt(2 * freedom);
}

/// Of two orders of the same samples: Spearman's, times sqrt(n): about standard normal.
double rank_correlation(const std::vector<std::uint64_t>& one, const std::vector<std::uint64_t>& other) {
  const auto n = static_cast<double>(one.size());
  std::vector<double> place(one.size());
  for (std::size_t i = 0; i < one.size(); ++i) place[one[i]] = static_cast<double>(i);
  double squares = 0;
  for (std::size_t i = 0; i < other.size(); ++i) {
    const double difference = place[other[i]] - static_cast<double>(i);
    squares += difference * difference;
  }
  return (1 - 6 * squares / (n * (n * n - 1))) * std::sqrt(n);
}

std::vector<double> some_weights(std::size_t count) {
  std::vector<double> weights(count);
  for (std::size_t i = 0; i < count; ++i) weights[i] = i % 7 == 3 ? 0.0 : 0.25 + static_cast<double>(i % 13);
  return weights;
}

std::vector<std::int64_t> skewed_labels(std::size_t count) {
  std::vector<std::int64_t> labels(count);
  for (std::size_t i = 0; i < count; ++i) labels[i] = i % 10 == 0 ? 5 : i % 4 == 0 ? 1 : 0;
  return labels;
}

/// One of each kind, for what holds of all.
std::vector<Sampler> all_samplers() {
  const auto list = ids({3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 97});
  std::vector<SampleId> order;
  for (std::uint64_t i = 0; i < 100; ++i) order.push_back(SampleId{i * 37 % 100});
  const std::vector<std::vector<SampleId>> batches{ids({1, 2, 3}), ids({4}), ids({3, 9})};
  return {Sampler::sequential(),
          Sampler::random(),
          Sampler::with_replacement(),
          Sampler::weighted(some_weights(100)),
          Sampler::weighted(some_weights(100), false),
          Sampler::class_balanced(skewed_labels(100)),
          Sampler::subset(list),
          Sampler::order(order),
          Sampler::batches(batches),
          Sampler::window_shuffle(20),
          Sampler::random().repeat(33),
          Sampler::subset(list).repeat(40)};
}

TEST(EverySampler, GivesTheSameAtAPositionHoweverItIsReached) {
  for (const Sampler& sampler : all_samplers()) {
    SCOPED_TRACE(sampler.description());
    const auto seventh = epoch_of(sampler, 100, 7);
    const auto order = make_epoch_order(sampler.spec(), 100, 7);
    for (std::size_t i = seventh.size(); i-- > 0;) {
      ASSERT_EQ(order->at(7, i), seventh[i]);
      order->at(i % 3, i);  // another epoch between
    }
  }
}

TEST(EverySampler, NeverGivesOneOccurrenceTwice) {
  for (const Sampler& sampler : all_samplers()) {
    std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
    for (const PlannedSample& sample : epoch_of(sampler, 100, 3)) {
      EXPECT_TRUE(seen.emplace(to_index(sample.id), sample.occurrence).second) << sampler.description();
    }
  }
}

TEST(EverySampler, IsDividedAmongRanksAsItIsForOne) {
  for (const Sampler& sampler : all_samplers()) {
    SCOPED_TRACE(sampler.description());
    const PlanOptions options{.samples = 100, .batch_size = 3, .sampler = sampler, .uneven = Uneven::exact};
    const auto deliver = [&](std::uint32_t shares) {
      std::vector<SampleId> all;
      std::vector<EpochPlan> plans;
      for (std::uint32_t share = 0; share < shares; ++share) {
        PlanOptions mine = options;
        mine.share = share;
        mine.shares = shares;
        plans.emplace_back(mine);
      }
      for (std::uint64_t number = 0; number < plans[0].batches(); ++number) {
        for (EpochPlan& plan : plans) {
          const auto batch = plan.batch(number).value();
          std::vector<SampleId> part(batch.filled);
          plan.ids(2, batch, part);
          all.insert(all.end(), part.begin(), part.end());
        }
      }
      return all;
    };
    const auto alone = deliver(1);
    for (const std::uint32_t shares : {2U, 3U, 4U, 8U, 200U}) EXPECT_EQ(deliver(shares), alone) << shares;
  }
}

TEST(Random, SuccessiveEpochsAreUncorrelated) {
  double squares = 0;
  for (std::uint64_t epoch = 0; epoch < 50; ++epoch) {
    const double r = rank_correlation(ids_of(epoch_of(Sampler::random(), 5000, epoch)),
                                      ids_of(epoch_of(Sampler::random(), 5000, epoch + 1)));
    EXPECT_LT(std::abs(r), 4);
    squares += r * r;
  }
  EXPECT_NEAR(squares / 50, 1, 0.8);
}

TEST(Random, PositionsOfASampleAreUniform) {
  std::vector<double> places(20, 0);
  for (std::uint64_t epoch = 0; epoch < 4000; ++epoch) {
    const auto order = make_epoch_order(Sampler::random().spec(), 2000, epoch);
    for (std::uint64_t p = 0; p < 2000; ++p) {
      if (order->at(0, p).id == SampleId{77}) {
        places[p / 100] += 1;
        break;
      }
    }
  }
  EXPECT_LT(std::abs(surprise(places, std::vector<double>(20, 200))), 4);
}

/// Samples of a class in a batch are distributed as without replacement: hypergeometric.
TEST(Random, ClassCountsOfBatchesAreHypergeometric) {
  constexpr std::uint64_t samples = 6000;
  constexpr std::uint64_t members = 1500;
  constexpr std::uint64_t batch = 20;
  std::vector<double> chance(batch + 1);
  const auto log_choose = [](double n, double k) {
    return std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1);
  };
  for (std::uint64_t k = 0; k <= batch; ++k) {
    chance[k] = std::exp(log_choose(members, static_cast<double>(k)) +
                         log_choose(samples - members, static_cast<double>(batch - k)) - log_choose(samples, batch));
  }
  std::vector<double> counts(12, 0);
  std::vector<double> expected(12, 0);
  constexpr std::uint64_t epochs = 20;
  for (std::uint64_t epoch = 0; epoch < epochs; ++epoch) {
    const auto order = ids_of(epoch_of(Sampler::random(), samples, epoch));
    for (std::size_t at = 0; at < order.size(); at += batch) {
      std::size_t of_class = 0;
      for (std::size_t i = at; i < at + batch; ++i) of_class += order[i] % 4 == 0 ? 1 : 0;
      counts[std::min<std::size_t>(of_class, 11)] += 1;
    }
  }
  for (std::size_t k = 0; k <= batch; ++k)
    expected[std::min<std::size_t>(k, 11)] += chance[k] * samples / batch * epochs;
  EXPECT_LT(std::abs(surprise(counts, expected)), 4);
}

TEST(WithReplacement, DrawsUniformlyAsOftenAsAsked) {
  const auto drawn = epoch_of(Sampler::with_replacement(50'000), 500);
  ASSERT_EQ(drawn.size(), 50'000U);
  EXPECT_LT(std::abs(surprise(counts_of(drawn, 500), std::vector<double>(500, 100))), 4);
  EXPECT_EQ(epoch_of(Sampler::with_replacement(), 500).size(), 500U);
}

TEST(Weighted, DrawsInProportionAndNeverWhatHasNoWeight) {
  const auto weights = some_weights(300);
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  std::vector<double> expected;
  for (const double weight : weights) expected.push_back(weight / sum * 200'000);
  const auto drawn = epoch_of(Sampler::weighted(weights, true, 200'000), 300);
  EXPECT_LT(std::abs(surprise(counts_of(drawn, 300), expected)), 4);
}

TEST(Weighted, WithoutReplacementTheFirstIsDrawnInProportionAndNoneTwice) {
  const auto weights = some_weights(20);
  const double sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  const Sampler sampler = Sampler::weighted(weights, false);
  std::vector<double> first(20, 0);
  std::vector<double> expected;
  for (const double weight : weights) expected.push_back(weight / sum * 5000);
  const auto order = make_epoch_order(sampler.spec(), 20, 3);
  EXPECT_EQ(order->positions(), 17U);  // three have weight 0
  for (std::uint64_t epoch = 0; epoch < 5000; ++epoch) first[to_index(order->at(epoch, 0).id)] += 1;
  EXPECT_LT(std::abs(surprise(first, expected)), 4);
  const auto one = ids_of(epoch_of(sampler, 20, 9));
  EXPECT_EQ(std::set<std::uint64_t>(one.begin(), one.end()).size(), 17U);
  const Sampler five = Sampler::weighted(weights, false, 5);
  const auto part = ids_of(epoch_of(five, 20, 9));
  EXPECT_EQ(part, std::vector(one.begin(), one.begin() + 5));
}

TEST(Weighted, WithoutReplacementIsTheSameHoweverFarItWasSorted) {
  const auto weights = some_weights(20'000);
  const Sampler sampler = Sampler::weighted(weights, false);
  const auto walked = make_epoch_order(sampler.spec(), weights.size(), 3);
  for (const std::uint64_t epoch : {0U, 1U, 2U}) {
    const auto jumped = make_epoch_order(sampler.spec(), weights.size(), 3);
    std::vector<std::uint64_t> forwards;
    std::vector<std::uint64_t> backwards(walked->positions());
    for (std::uint64_t position = 0; position < walked->positions(); ++position) {
      forwards.push_back(to_index(walked->at(epoch, position).id));
    }
    for (std::uint64_t position = jumped->positions(); position-- > 0;) {
      backwards[position] = to_index(jumped->at(epoch, position).id);
    }
    EXPECT_EQ(forwards, backwards) << epoch;
    EXPECT_EQ(std::set<std::uint64_t>(forwards.begin(), forwards.end()).size(), forwards.size());
    // As a rank that skips what others deliver, and leaves its epochs early.
    const auto skipping = make_epoch_order(sampler.spec(), weights.size(), 3);
    for (std::uint64_t before = 0; before < epoch; ++before) skipping->at(before, 7 * before);
    for (std::uint64_t position = 0; position < forwards.size(); position += 999) {
      EXPECT_EQ(to_index(skipping->at(epoch, position).id), forwards[position]);
    }
  }
}

TEST(Weighted, ExtremeWeightsOverflowNothing) {
  const std::vector<double> weights{1e308, 1e308, 1e-300, 0, 1e308};
  const auto counts = counts_of(epoch_of(Sampler::weighted(weights, true, 30'000), 5), 5);
  EXPECT_LT(std::abs(surprise({counts[0], counts[1], counts[4]}, {10'000, 10'000, 10'000})), 4);
  EXPECT_EQ(counts[2] + counts[3], 0);
}

TEST(ClassBalanced, GivesEachClassAsManyAndEachSampleOfAClassInTurn) {
  const auto labels = skewed_labels(1000);
  std::map<std::int64_t, std::vector<double>> draws;  // of each sample, by class
  const auto counts = counts_of(epoch_of(Sampler::class_balanced(labels, 3000), 1000), 1000);
  for (std::size_t i = 0; i < labels.size(); ++i) draws[labels[i]].push_back(counts[i]);
  for (const auto& [label, of_class] : draws) {
    EXPECT_EQ(std::accumulate(of_class.begin(), of_class.end(), 0.0), 1000) << label;
    const auto [least, most] = std::minmax_element(of_class.begin(), of_class.end());
    EXPECT_LE(*most - *least, 1) << label;
  }
  std::map<std::int64_t, int> begun;
  for (std::uint64_t epoch = 0; epoch < 300; ++epoch) {
    ++begun[labels[to_index(epoch_of(Sampler::class_balanced(labels, 4), 1000, epoch)[0].id)]];
  }
  EXPECT_EQ(begun.size(), 3U);
}

TEST(Subset, PermutesItsSamplesOrKeepsTheirOrder) {
  const auto some = ids({5, 2, 90, 41});
  EXPECT_EQ(ids_of(epoch_of(Sampler::subset(some, false), 100)), (std::vector<std::uint64_t>{5, 2, 90, 41}));
  const auto shuffled = ids_of(epoch_of(Sampler::subset(some), 100, 1));
  EXPECT_THAT(shuffled, ::testing::UnorderedElementsAre(5, 2, 90, 41));
}

TEST(Order, CountsTheOccurrencesOfASample) {
  const auto planned = epoch_of(Sampler::order(ids({2, 0, 2, 2})), 4);
  EXPECT_EQ(planned,
            (std::vector<PlannedSample>{{SampleId{2}, 0}, {SampleId{0}, 0}, {SampleId{2}, 1}, {SampleId{2}, 2}}));
}

TEST(Batches, AreDeliveredAsTheyAreListed) {
  const std::vector<std::vector<SampleId>> lists{ids({1, 2, 3}), ids({4}), ids({3, 9}), ids({7, 7, 7})};
  for (const Uneven uneven : {Uneven::pad, Uneven::exact, Uneven::drop}) {
    for (std::uint32_t share = 0; share < 3; ++share) {
      EpochPlan plan({.samples = 10,
                      .batch_size = 3,
                      .sampler = Sampler::batches(lists),
                      .share = share,
                      .shares = 3,
                      .uneven = uneven});
      ASSERT_EQ(plan.batches(), uneven == Uneven::drop ? 1U : 2U);
      std::vector<SampleId> got(3);
      const auto first = plan.batch(0).value();
      plan.ids(0, first, got);
      EXPECT_EQ(std::vector(got.begin(), got.begin() + first.own), lists[share]);
      if (uneven == Uneven::drop) continue;
      const auto second = plan.batch(1).value();
      plan.ids(0, second, got);
      if (share == 0) {
        EXPECT_EQ(std::vector(got.begin(), got.begin() + second.own), lists[3]);
      } else if (uneven == Uneven::pad) {
        EXPECT_EQ(second.own, 0U);
        EXPECT_EQ(std::vector(got.begin(), got.begin() + second.filled), lists[share - 1]);
      } else {
        EXPECT_EQ(second.rows, 1U);
        EXPECT_EQ(second.filled, 0U);
      }
      EXPECT_EQ(plan.rows(), first.rows + second.rows);
    }
  }
}

TEST(WindowShuffle, KeepsEverySampleWithinTheWindow) {
  for (const std::uint64_t window : {1U, 2U, 3U, 10U, 64U, 1000U, 5000U}) {
    for (const std::uint64_t samples : {1U, 2U, 7U, 1000U}) {
      const auto order = ids_of(epoch_of(Sampler::window_shuffle(window), samples, 2));
      std::vector<bool> seen(samples, false);
      for (std::size_t i = 0; i < order.size(); ++i) {
        ASSERT_FALSE(seen.at(order[i]));
        seen[order[i]] = true;
        const auto moved = std::abs(static_cast<std::int64_t>(order[i]) - static_cast<std::int64_t>(i));
        ASSERT_LE(moved, static_cast<std::int64_t>(window)) << window << ' ' << samples;
      }
    }
  }
}

TEST(WindowShuffle, MovesSamplesAcrossAnyPlaceAndAnewEachEpoch) {
  std::vector<int> crossed(200, 0);
  for (std::uint64_t epoch = 0; epoch < 60; ++epoch) {
    const auto order = ids_of(epoch_of(Sampler::window_shuffle(16), 200, epoch));
    for (std::size_t border = 1; border < 200; ++border) {
      const bool mixed = std::any_of(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(border),
                                     [&](std::uint64_t id) { return id >= border; });
      crossed[border] += mixed ? 1 : 0;
    }
  }
  EXPECT_GE(*std::min_element(crossed.begin() + 1, crossed.end()), 30);
}

TEST(Repeat, GoesThroughTheDataAgainAndAgain) {
  const Sampler sampler = Sampler::random().repeat(130);
  std::vector<double> counts(100, 0);
  for (std::uint64_t epoch = 0; epoch < 10; ++epoch) {
    const auto planned = epoch_of(sampler, 100, epoch);
    ASSERT_EQ(planned.size(), 130U);
    for (const PlannedSample& sample : planned) counts[to_index(sample.id)] += 1;
  }
  EXPECT_EQ(counts, std::vector<double>(100, 13));  // 1,300 draws: each sample as often as any other
}

TEST(Repeat, OfExactlyOnePassIsThePassItself) {
  for (std::uint64_t epoch = 0; epoch < 5; ++epoch) {
    EXPECT_EQ(epoch_of(Sampler::random().repeat(100), 100, epoch), epoch_of(Sampler::random(), 100, epoch));
  }
}

TEST(Repeat, ReachesAnyEpochNumber) {
  const auto order = make_epoch_order(Sampler::random().repeat(1'000'003).spec(), 77, 1);
  for (const std::uint64_t epoch : {~std::uint64_t{0}, ~std::uint64_t{0} - 1}) {
    EXPECT_LT(to_index(order->at(epoch, 1'000'002).id), 77U);
  }
}

template <class Make>
std::string complaint(Make make) {
  try {
    make();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    return error.what();
  }
  return "accepted";
}

TEST(BadSampler, IsRefusedWithWhatIsWrong) {
  const std::vector<double> negative{1, -2, 3};
  const std::vector<double> zeros(3, 0);
  const std::vector<double> endless{1, INFINITY};
  const std::vector<double> none{NAN};
  const std::vector<std::int64_t> unlabelled{0, 1, -1};
  EXPECT_THAT(complaint([&] { Sampler::weighted(negative); }), HasSubstr("weight 1 is -2; weights are 0 or more"));
  EXPECT_THAT(complaint([&] { Sampler::weighted(endless); }), HasSubstr("weight 1 is inf"));
  EXPECT_THAT(complaint([&] { Sampler::weighted(none); }), HasSubstr("weight 0 is nan"));
  EXPECT_THAT(complaint([&] { Sampler::weighted(zeros); }), HasSubstr("all 3 weights are 0"));
  EXPECT_THAT(complaint([&] { Sampler::weighted({}); }), HasSubstr("weights is empty"));
  const std::vector<double> sound{1, 0, 1};
  EXPECT_THAT(complaint([&] { Sampler::weighted(sound, false, 3); }), HasSubstr("there are 2 samples whose weight"));
  EXPECT_THAT(complaint([&] { Sampler::class_balanced(unlabelled); }), HasSubstr("label 2 is -1"));
  EXPECT_THAT(complaint([&] { Sampler::subset({}); }), HasSubstr("the subset is empty"));
  EXPECT_THAT(complaint([&] { Sampler::window_shuffle(0); }), HasSubstr("window is 0"));
  EXPECT_THAT(complaint([&] { Sampler::random().repeat(0); }), HasSubstr("repeat(0)"));
  EXPECT_THAT(complaint([&] { Sampler::with_replacement().repeat(5); }), HasSubstr("cannot be repeated"));
  const std::vector<std::vector<SampleId>> hole{ids({1}), {}};
  EXPECT_THAT(complaint([&] { Sampler::batches(hole); }), HasSubstr("batch 1 is empty"));
}

TEST(BadSampler, ThatDoesNotFitTheDatasetIsRefused) {
  const std::vector<double> weights(5, 1.0);
  const auto refused = [](const Sampler& sampler) { return complaint([&] { check_sampler(sampler.spec(), 4, 2); }); };
  EXPECT_THAT(refused(Sampler::weighted(weights)), HasSubstr("there are 5 weights, and the dataset has 4 samples"));
  EXPECT_THAT(refused(Sampler::order(ids({0, 1, 2}))),
              HasSubstr("there are 3 ids in the order, and the dataset has 4"));
  EXPECT_THAT(refused(Sampler::order(ids({0, 1, 4, 2}))),
              HasSubstr("entry 2 is sample 4, and the dataset's are 0 to 3"));
  EXPECT_THAT(refused(Sampler::subset(ids({9}))), HasSubstr("entry 0 is sample 9"));
  const std::vector<std::vector<SampleId>> long_one{ids({1}), ids({1, 2, 3})};
  EXPECT_THAT(refused(Sampler::batches(long_one)), HasSubstr("a batch of 3 samples is listed, and batch_size is 2"));
}

TEST(Description, TellsOrdersApartAndEqualOnesNot) {
  EXPECT_EQ(Sampler::random().repeat(7).description(), "random.repeat(7)");
  EXPECT_EQ(Sampler::subset(ids({1, 2})).description(), Sampler::subset(ids({1, 2})).description());
  EXPECT_NE(Sampler::subset(ids({1, 2})).description(), Sampler::subset(ids({2, 1})).description());
  EXPECT_NE(Sampler::subset(ids({1, 2})).description(), Sampler::subset(ids({1, 2}), false).description());
}

}  // namespace
}  // namespace slabring
