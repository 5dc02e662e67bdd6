// What is drawn: how often, how it is spread, and what it depends on.
#include "augment/draw.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <vector>

#include "augment/geometry.hpp"
#include "augment/op_tree.hpp"

namespace slabring {
namespace {

constexpr int samples = 12'000;

// The plans of many samples of one image, one after another.
template <class Look>
void draw_samples(const Pipeline& pipeline, Size image, const Look& look) {
  const OpTree tree(pipeline.transforms());
  SamplePlan plan;
  for (std::uint64_t id = 0; id < samples; ++id) {
    StagePlanner stages(image.width, image.height, plan);
    draw(tree, {5, SampleId{id}}, stages);
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

TEST(Draw, NeighboursInThePipelineKnowNothingOfEachOther) {
  int both = 0;
  draw_samples({RandomInvert(0.5), RandomInvert(0.5)}, 8,
               [&](const SamplePlan& plan) { both += plan.ops.size() == 2 ? 1 : 0; });
  EXPECT_NEAR(both, samples / 4, 240);
}

}  // namespace
}  // namespace slabring
