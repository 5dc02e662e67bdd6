// What is drawn: how often, how it is spread, and what it depends on.
#include "augment/draw.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numbers>
#include <utility>
#include <vector>

#include "augment/geometry.hpp"
#include "augment/normal_stream.hpp"
#include "augment/op_tree.hpp"
#include "augment/policies.hpp"
#include "augment/warp_rules.hpp"

namespace slabring {
namespace {

constexpr int samples = 12'000;

// The plans of many samples of one image, one after another.
template <class Look>
void draw_samples(const Pipeline& pipeline, Size image, const Look& look) {
  const OpTree tree(pipeline.transforms());
  SamplePlan plan;
  for (std::uint64_t id = 0; id < samples; ++id) {
    draw(tree, image, {5, SampleId{id}}, plan);
    look(plan);
  }
}

// Counts of values that should be spread evenly over [low, high), in ten bins.
class Spread {
 public:
  Spread(double low, double high) : low_(low), high_(high) {}
  void add(double value) {
    ASSERT_GE(value, low_);
    ASSERT_LE(value, high_);
    const auto bin = static_cast<std::size_t>((value - low_) / (high_ - low_) * 10.0);
    ++bins_.at(std::min<std::size_t>(bin, 9));
    ++count_;
  }
  void expect_even() const {
    for (const int count : bins_) EXPECT_NEAR(count, count_ / 10.0, 5 * std::sqrt(count_ * 0.09));
  }

 private:
  double low_;
  double high_;
  std::array<int, 10> bins_{};
  int count_ = 0;
};

TEST(Draw, ColorJitterSpreadsEachFactorEvenlyAndOrdersThemInEveryWay) {
  std::array<Spread, 4> spreads{Spread(0.6, 1.4), Spread(0.0, 2.5), Spread(0.9, 1.1), Spread(-0.1, 0.1)};
  std::map<std::vector<std::size_t>, int> orders;
  draw_samples({ColorJitter(0.4, 1.5, 0.1, 0.1)}, 8, [&](const SamplePlan& plan) {
    std::vector<std::size_t> order;
    for (const ImageOp& op : plan.ops) {
      order.push_back(op.index());
      if (const auto* brightness = std::get_if<op::Brightness>(&op)) spreads[0].add(brightness->factor);
      if (const auto* contrast = std::get_if<op::Contrast>(&op)) spreads[1].add(contrast->factor);
      if (const auto* saturation = std::get_if<op::Saturation>(&op)) spreads[2].add(saturation->factor);
      if (const auto* hue = std::get_if<op::Hue>(&op)) spreads[3].add(hue->factor);
    }
    ASSERT_EQ(order.size(), 4U);
    ++orders[order];
  });
  for (const Spread& spread : spreads) spread.expect_even();
  EXPECT_EQ(orders.size(), 24U);
  for (const auto& [order, count] : orders) EXPECT_NEAR(count, samples / 24, 110);  // five standard deviations
}

TEST(Draw, ColorJitterLeavesOutWhatHasNoRange) {
  draw_samples({ColorJitter(0.0, 0.5)}, 8, [](const SamplePlan& plan) {
    ASSERT_EQ(plan.ops.size(), 1U);
    ASSERT_TRUE(std::holds_alternative<op::Contrast>(plan.ops[0]));
  });
}

TEST(Draw, WhatHasAProbabilityHappensAsOften) {
  const std::vector<Transform> transforms{
      RandomGrayscale(0.25),    RandomAdjustSharpness(2.0, 0.25), RandomAutocontrast(0.25), RandomEqualize(0.25),
      RandomPosterize(4, 0.25), RandomSolarize(9, 0.25),          RandomInvert(0.25)};
  for (const Transform& transform : transforms) {
    int happened = 0;
    draw_samples(Pipeline(std::vector{transform}), 8,
                 [&](const SamplePlan& plan) { happened += static_cast<int>(plan.ops.size()); });
    EXPECT_NEAR(happened, samples / 4, 240) << transform.index();
  }
  int flips = 0;
  draw_samples({RandomVerticalFlip(0.25)}, 8,
               [&](const SamplePlan& plan) { flips += plan.steps.front().stage.flipped ? 1 : 0; });
  EXPECT_NEAR(flips, samples / 4, 240);
}

TEST(Draw, RandomCropTakesEveryPlaceOfThePaddedImageEquallyOften) {
  std::map<std::pair<int, int>, int> places;
  draw_samples({RandomCrop(4, 1)}, Size(5, 4), [&](const SamplePlan& plan) {
    const GeometryStage& stage = plan.steps.front().stage;
    ++places[{stage.source.x + stage.window.x, stage.source.y + stage.window.y}];
  });
  EXPECT_EQ(places.size(), 3U * 4U);
  for (const auto& [place, count] : places) EXPECT_NEAR(count, samples / 12, 152);
}

TEST(Draw, ACropOfZerosReadsOnlyWhatItShowsAndNeedsNoImageInBetween) {
  draw_samples({RandomCrop(32, 4), RandomHorizontalFlip()}, 32, [](const SamplePlan& plan) {
    ASSERT_EQ(plan.steps.size(), 1U);
    ASSERT_GE(plan.steps.front().stage.visible().width, 28);
  });
}

TEST(Draw, ACropWithAnEdgeReadsOnlyWhatItShows) {
  draw_samples({RandomCrop(8, 4, false, 0, PaddingMode::edge)}, 100, [](const SamplePlan& plan) {
    const Rect region = plan.steps.front().stage.read_region();
    ASSERT_LE(region.width, 8);
    ASSERT_LE(region.height, 8);
  });
}

TEST(Draw, RotationSpreadsItsAngleEvenly) {
  Spread angles(-30.0, 30.0);
  draw_samples({RandomRotation(30.0)}, 8, [&](const SamplePlan& plan) {
    const AffineMatrix& m = std::get<op::Affine>(plan.ops.at(0)).matrix;
    angles.add(std::atan2(m[3], m[0]) * 180.0 / std::numbers::pi);
  });
  angles.expect_even();
}

TEST(Draw, AffineSpreadsTranslationScaleAndShearEvenly) {
  RandomAffine op(0.0);
  op.translate = {0.5, 0.0};
  op.scale = {1.0, 2.0};
  op.shear = {-40.0, 20.0};
  op.center = {0.0, 0.0};
  Spread scales(1.0, 2.0);
  Spread shears(-40.0, 20.0);
  std::map<long, int> shifts;
  draw_samples({op}, Size(80, 20), [&](const SamplePlan& plan) {
    const AffineMatrix& m = std::get<op::Affine>(plan.ops.at(0)).matrix;
    scales.add(1.0 / m[4]);
    shears.add(std::atan(m[1] / m[0]) * 180.0 / std::numbers::pi);
    ++shifts[std::lround(-m[2] / m[0])];
  });
  scales.expect_even();
  shears.expect_even();
  EXPECT_EQ(shifts.size(), 21U);
  for (long shift = -9; shift <= 9; ++shift) EXPECT_NEAR(shifts[shift], samples / 20, 120) << shift;
}

TEST(Draw, ShortestSizeTakesEachSizeEquallyOften) {
  std::map<int, int> sides;
  draw_samples({RandomShortestSize({10, 20, 30})}, Size(40, 60),
               [&](const SamplePlan& plan) { ++sides[plan.steps.back().stage.resized.height]; });
  EXPECT_EQ(sides.size(), 3U);
  for (const int side : {10, 20, 30}) EXPECT_NEAR(sides[side], samples / 3, 260);
}

TEST(Draw, PerspectiveHappensAsOftenAsAskedAndMovesCornersInwards) {
  int happened = 0;
  draw_samples({RandomPerspective(0.5, 0.25)}, Size(30, 40),
               [&](const SamplePlan& plan) { happened += static_cast<int>(plan.ops.size()); });
  EXPECT_NEAR(happened, samples / 4, 240);
  RandomStream random(1, SampleId{2}, 3);
  std::array<Spread, 2> spreads{Spread(-0.5, 10.5), Spread(28.5, 39.5)};
  for (int i = 0; i < samples; ++i) {
    const Corners corners = draw_corners(0.5, Size(30, 40), random);
    spreads[0].add(corners[0][0]);
    spreads[1].add(corners[1][0]);
    ASSERT_LE(corners[0][1], 7);
    ASSERT_GE(corners[2][1], 22);
  }
}

TEST(Draw, APerspectiveOfOnePixelLeavesIt) {
  draw_samples({RandomPerspective(0.5, 1.0)}, 1, [](const SamplePlan& plan) { ASSERT_TRUE(plan.ops.empty()); });
}

TEST(Draw, ApplyTakesAllOrNothing) {
  int applied = 0;
  draw_samples({RandomApply({RandomInvert(1.0), RandomEqualize(1.0)}, 0.25)}, 8, [&](const SamplePlan& plan) {
    ASSERT_TRUE(plan.ops.empty() || plan.ops.size() == 2);
    applied += plan.ops.empty() ? 0 : 1;
  });
  EXPECT_NEAR(applied, samples / 4, 240);
}

std::map<std::size_t, int> chosen(const RandomChoice& choice) {
  std::map<std::size_t, int> counts;
  draw_samples({choice}, 8, [&](const SamplePlan& plan) { ++counts[plan.ops.at(0).index()]; });
  return counts;
}

TEST(Draw, ChoiceTakesOneByItsWeight) {
  const TransformList list{RandomInvert(1.0), RandomEqualize(1.0), RandomAutocontrast(1.0)};
  for (const auto& [which, count] : chosen(RandomChoice(list))) EXPECT_NEAR(count, samples / 3, 260) << which;
  std::map<std::size_t, int> weighted = chosen(RandomChoice(list, {1.0, 0.0, 3.0}));
  EXPECT_EQ(weighted.size(), 2U);
  EXPECT_NEAR(weighted[ImageOp(op::Invert{}).index()], samples / 4, 240);
}

TEST(Draw, OrderTakesAllInEveryOrder) {
  std::map<std::vector<std::size_t>, int> orders;
  draw_samples({RandomOrder({RandomInvert(1.0), RandomEqualize(1.0), RandomAutocontrast(1.0)})}, 8,
               [&](const SamplePlan& plan) {
                 std::vector<std::size_t> order;
                 for (const ImageOp& op : plan.ops) order.push_back(op.index());
                 ++orders[order];
               });
  EXPECT_EQ(orders.size(), 6U);
  for (const auto& [order, count] : orders) EXPECT_NEAR(count, samples / 6, 205);
}

TEST(Draw, RandAugmentTakesEachOperationEquallyOften) {
  std::map<std::size_t, int> counts;
  int none = 0;
  draw_samples({RandAugment(1)}, 100, [&](const SamplePlan& plan) {
    ASSERT_LE(plan.ops.size(), 1U);
    plan.ops.empty() ? ++none : ++counts[plan.ops[0].index()];
  });
  const double each = samples / 14.0;
  EXPECT_NEAR(none, each, 145);                                       // Identity
  EXPECT_NEAR(counts[ImageOp(op::Affine{}).index()], 5 * each, 290);  // shears, translations and rotation
  for (const ImageOp& op : {ImageOp(op::Brightness{}), ImageOp(op::Sharpness{}), ImageOp(op::Equalize{})}) {
    EXPECT_NEAR(counts[op.index()], each, 145);
  }
}

TEST(Draw, PoliciesTakeBothSignsEquallyOften) {
  int brighter = 0;
  int darker = 0;
  draw_samples({TrivialAugmentWide()}, 100, [&](const SamplePlan& plan) {
    if (plan.ops.empty()) return;
    if (const auto* op = std::get_if<op::Brightness>(&plan.ops[0])) ++(op->factor < 1.0 ? darker : brighter);
  });
  EXPECT_NEAR(brighter, samples / 28, 105);
  EXPECT_NEAR(darker, samples / 28, 105);
}

TEST(Draw, AutoAugmentTakesEachPairWithItsProbabilities) {
  int inverted = 0;
  draw_samples({AutoAugment(AutoAugmentPolicy::svhn)}, 100, [&](const SamplePlan& plan) {
    ASSERT_LE(plan.ops.size(), 2U);
    for (const ImageOp& op : plan.ops) inverted += std::holds_alternative<op::Invert>(op) ? 1 : 0;
  });
  double expected = 0.0;
  for (const LearnedPair& pair : learned_pairs(AutoAugmentPolicy::svhn)) {
    for (const LearnedOp& op : pair) expected += op.op == PolicyOp::invert ? op.probability / 25.0 : 0.0;
  }
  EXPECT_NEAR(inverted, samples * expected, 270);
}

TEST(Draw, ErasesAsOftenAsAskedAShareOfTheAreaThatIsSpreadEvenly) {
  Spread areas(0.02, 0.3);
  int erased = 0;
  draw_samples({RandomErasing(0.5, {0.02, 0.3}, {0.9, 1.1})}, 2'000, [&](const SamplePlan& plan) {
    for (const Erasure& erasure : plan.erasures) {
      ++erased;
      const double area = static_cast<double>(erasure.rect.width) * erasure.rect.height / 4e6;
      areas.add(std::clamp(area, 0.02, 0.3));
    }
  });
  EXPECT_NEAR(erased, samples / 2, 275);
  areas.expect_even();
}

TEST(Draw, NormalNumbersHaveMeanDeviationAndTailsOfTheNormalDistribution) {
  RandomStream random(1, SampleId{2}, 3);
  NormalStream normal(random);
  constexpr int count = 100'000;
  double sum = 0.0;
  double squares = 0.0;
  int far = 0;
  for (int i = 0; i < count; ++i) {
    const double x = normal.next();
    sum += x;
    squares += x * x;
    far += std::abs(x) > 2.0 ? 1 : 0;
  }
  EXPECT_NEAR(sum / count, 0.0, 0.016);
  EXPECT_NEAR(squares / count, 1.0, 0.023);
  EXPECT_NEAR(far, 0.0455 * count, 330);
}

TEST(Draw, GammaNumbersHaveTheMeanAndVarianceOfTheirShape) {
  for (const double alpha : {0.3, 1.0, 4.0}) {
    RandomStream random(1, SampleId{2}, 3);
    constexpr int count = 50'000;
    double sum = 0.0;
    double squares = 0.0;
    for (int i = 0; i < count; ++i) {
      const double x = draw_gamma(alpha, random);
      sum += x;
      squares += x * x;
    }
    const double mean = sum / count;
    EXPECT_NEAR(mean, alpha, 5 * std::sqrt(alpha / count));
    EXPECT_NEAR(squares / count - mean * mean, alpha, 0.15 * std::max(alpha, 0.5)) << alpha;
  }
}

TEST(Draw, NeighboursInThePipelineKnowNothingOfEachOther) {
  int both = 0;
  draw_samples({RandomInvert(0.5), RandomInvert(0.5)}, 8,
               [&](const SamplePlan& plan) { both += plan.ops.size() == 2 ? 1 : 0; });
  EXPECT_NEAR(both, samples / 4, 240);
}

}  // namespace
}  // namespace slabring
