#include "augment/geometry.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "augment/images.hpp"
#include "augment/program.hpp"
#include "base/names.hpp"
#include "base/sample_failure.hpp"

namespace slabring {
namespace {

using test::Image;

constexpr auto bilinear = Interpolation::bilinear;

class Geometry : public ::testing::Test {
 protected:
  SamplePlan plan;

  const GeometryStage& only_stage() const {
    EXPECT_EQ(plan.steps.size(), 1U);
    return plan.steps.front().stage;
  }
};

TEST_F(Geometry, NothingAskedForIsTheWholeImage) {
  const StagePlanner stages(7, 5, plan);
  EXPECT_EQ(stages.size(), Size(5, 7));
  EXPECT_FALSE(only_stage().resamples());
  EXPECT_EQ(only_stage().read_region(), (Rect{0, 0, 7, 5}));
}

TEST_F(Geometry, CropAfterResizeKeepsAWindowAndReadsOnlyItsSupport) {
  StagePlanner stages(500, 375, plan);
  stages.resize({256, 341}, bilinear);
  stages.crop({58, 16, 224, 224});
  EXPECT_EQ(only_stage().source, (Rect{0, 0, 500, 375}));
  EXPECT_EQ(only_stage().window, (Rect{58, 16, 224, 224}));
  // Columns 58 and 281 have their centers at 85.78 and 412.76; the filter reaches 500 / 341 = 1.47 to either side, and
  // pixels take part whose own centers are in reach: 84 to 413. Rows alike: 23 to 351.
  EXPECT_EQ(only_stage().read_region(), (Rect{84, 23, 330, 329}));
}

TEST_F(Geometry, ResizeAfterCropTakesNothingFromBeyondTheCrop) {
  StagePlanner stages(500, 375, plan);
  stages.crop({100, 50, 300, 200});
  stages.resize({224, 224}, bilinear);
  EXPECT_EQ(only_stage().read_region(), (Rect{100, 50, 300, 200}));
}

TEST_F(Geometry, CropsOfCropsAddUp) {
  StagePlanner stages(100, 100, plan);
  stages.crop({10, 20, 50, 40});
  stages.crop({5, 6, 7, 8});
  EXPECT_EQ(only_stage().read_region(), (Rect{15, 26, 7, 8}));
}

TEST_F(Geometry, CropAfterMirrorTakesTheOtherSide) {
  StagePlanner stages(100, 50, plan);
  stages.mirror();
  stages.crop({0, 0, 30, 50});
  EXPECT_EQ(only_stage().read_region(), (Rect{70, 0, 30, 50}));
  EXPECT_TRUE(only_stage().mirrored);
}

TEST_F(Geometry, MirrorTwiceIsNone) {
  StagePlanner stages(10, 10, plan);
  stages.mirror();
  stages.mirror();
  EXPECT_FALSE(only_stage().mirrored);
}

TEST_F(Geometry, ResizeToTheSameSizeIsNothing) {
  StagePlanner stages(10, 10, plan);
  stages.mirror();
  stages.resize({10, 10}, Interpolation::lanczos);
  EXPECT_FALSE(only_stage().resamples());
}

TEST_F(Geometry, ResizeOfResizedMirroredOrPaddedImagesNeedsAStageOfItsOwn) {
  {
    StagePlanner stages(10, 10, plan);
    stages.resize({5, 5}, bilinear);
    stages.resize({7, 7}, bilinear);
    EXPECT_EQ(plan.steps.size(), 2U);
  }
  {
    StagePlanner stages(10, 10, plan);
    stages.mirror();
    stages.resize({7, 7}, bilinear);
    EXPECT_EQ(plan.steps.size(), 2U);
  }
  {
    StagePlanner stages(10, 10, plan);
    stages.crop({-1, 0, 12, 10});
    stages.resize({7, 7}, bilinear);
    EXPECT_EQ(plan.steps.size(), 2U);
  }
}

TEST_F(Geometry, PixelsCutOffByACropStayAwayWhenALaterOnePads) {
  StagePlanner stages(20, 20, plan);
  stages.resize({30, 30}, bilinear);
  stages.crop({10, 10, 10, 10});
  stages.crop({-5, -5, 20, 20});
  EXPECT_EQ(plan.steps.size(), 2U);
  EXPECT_EQ(plan.steps.back().stage.window, (Rect{-5, -5, 20, 20}));
}

TEST_F(Geometry, AWindowOfPaddingAloneStillHasARegion) {
  StagePlanner stages(20, 20, plan);
  stages.crop({30, 30, 4, 4});
  EXPECT_EQ(only_stage().visible().width, 0);
  EXPECT_EQ(only_stage().read_region(), (Rect{0, 0, 1, 1}));
}

TEST_F(Geometry, ImageThatWouldNotFitIntoMemoryIsTooLarge) {
  StagePlanner stages(65'500, 1, plan);
  try {
    stages.resize({65'500, 65'500 * 300}, bilinear);
    FAIL() << "nothing thrown";
  } catch (const SampleFailure& failure) {
    EXPECT_EQ(failure.status(), SampleStatus::too_large);
    EXPECT_STREQ(failure.what(),
                 "resizing would make it 65500x19650000 pixels (height x width), more than 16777216 a side");
  }
  stages.resize({20'000, 20'000}, bilinear);  // as long as it exists only as a formula
  EXPECT_THROW(stages.end_stage(), SampleFailure);
}

TEST_F(Geometry, OperationsOnOneImageShareItsStep) {
  StagePlanner stages(20, 10, plan);
  stages.crop({0, 0, 10, 10});
  stages.apply(op::Invert{});
  stages.apply(op::Equalize{});
  ASSERT_EQ(plan.steps.size(), 2U);
  EXPECT_EQ(plan.steps[0].ops_end, 2U);
  stages.mirror();
  stages.apply(op::Invert{});
  stages.crop({0, 0, 5, 5});
  ASSERT_EQ(plan.steps.size(), 3U);
  EXPECT_EQ(plan.steps[1].ops_end, 3U);
  EXPECT_EQ(plan.ops.size(), 3U);
}

TEST_F(Geometry, AnOperationAfterACropAtTheCornerSeesTheCropOnly) {
  StagePlanner stages(20, 10, plan);
  stages.apply(op::Invert{});
  stages.crop({0, 0, 7, 6});
  stages.apply(op::Invert{});
  ASSERT_EQ(plan.steps.size(), 3U);
  EXPECT_EQ(plan.steps[1].stage.window, (Rect{0, 0, 7, 6}));
  EXPECT_EQ(stages.size(), Size(6, 7));
}

TEST_F(Geometry, AnOperationThatChangesTheSizeIsFollowedByAStageOfThatSize) {
  StagePlanner stages(20, 10, plan);
  stages.apply(op::Invert{}, {30, 40});
  EXPECT_EQ(stages.size(), Size(30, 40));
  stages.apply(op::Invert{});
  EXPECT_EQ(plan.steps.size(), 2U);
  EXPECT_THROW(stages.apply(op::Invert{}, {20'000, 20'000}), SampleFailure);
}

// ---- pixels: random sequences of operations ----

// Draws an operation, gives it to all planners.
class Sequence {
 public:
  explicit Sequence(std::uint64_t seed) : random_(seed, SampleId{1}, 2) {}

  void add_to(StagePlanner& planner, StagePlanner& other) {
    const Size size = planner.size();
    switch (random_.below(5)) {
      case 0:
        return crop({number(-3, size.width), number(-3, size.height), number(1, 30), number(1, 30)}, planner, other);
      case 1: return crop({0, 0, number(1, size.width), number(1, size.height)}, planner, other);
      case 2: {
        const Size to(number(1, 30), number(1, 30));
        const auto interpolation = static_cast<Interpolation>(random_.below(names_of<Interpolation>().size()));
        planner.resize(to, interpolation);
        other.resize(to, interpolation);
        return;
      }
      case 3:
        planner.mirror();
        other.mirror();
        return;
      default: planner.flip(); other.flip();
    }
  }
  int number(int low, int high) {
    return low + static_cast<int>(random_.below(static_cast<std::uint64_t>(high - low + 1)));
  }

 private:
  static void crop(const Rect& rect, StagePlanner& planner, StagePlanner& other) {
    planner.crop(rect);
    other.crop(rect);
  }
  RandomStream random_;
};

struct TwoPlans {
  SamplePlan merged;
  SamplePlan one_by_one;
  RowShape shape;
};

TwoPlans random_plans(std::uint64_t seed, const Image& image) {
  TwoPlans plans;
  Sequence sequence(seed);
  StagePlanner merged(image.width, image.height, plans.merged);
  StagePlanner one_by_one(image.width, image.height, plans.one_by_one);
  for (int count = sequence.number(1, 5); count > 0; --count) {
    sequence.add_to(merged, one_by_one);
    one_by_one.end_stage();
  }
  plans.merged.source_region = plans.merged.steps.front().stage.read_region();
  plans.one_by_one.source_region = plans.one_by_one.steps.front().stage.read_region();
  plans.shape = {merged.size().height, merged.size().width, image.channels, DType::u8, Layout::nhwc};
  return plans;
}

TEST(MergedStages, GivePixelsEqualToOneStageForEachOperation) {
  AugmentScratch scratch;
  std::size_t spared = 0;
  for (std::uint64_t seed = 0; seed < 2'000; ++seed) {
    const Image image = test::noise(1 + static_cast<int>(seed % 29), 1 + static_cast<int>(seed % 23), 3, seed);
    const TwoPlans plans = random_plans(seed, image);
    const Program program(Pipeline{}, DType::u8, Layout::nhwc, plans.shape);
    ASSERT_EQ(test::run(program, plans.merged, image, scratch), test::run(program, plans.one_by_one, image, scratch))
        << "seed " << seed;
    spared += plans.one_by_one.steps.size() - plans.merged.steps.size();
  }
  EXPECT_GT(spared, 2'000U);  // one step at least in the average
}

TEST(Region, HoldsEverythingThatIsRead) {
  AugmentScratch scratch;
  int smaller = 0;
  for (std::uint64_t seed = 0; seed < 1'000; ++seed) {
    const Image image = test::noise(25, 17, 3, seed);
    const TwoPlans plans = random_plans(seed, image);
    const Rect& region = plans.merged.region();
    ASSERT_EQ(intersection(region, {0, 0, image.width, image.height}), region) << "seed " << seed;
    smaller += region.width * region.height < image.width * image.height ? 1 : 0;

    // test::run() hands over the region alone; here it lies inside an image whose other pixels are different.
    Image surrounded(image.width + 2, image.height + 2, 3);
    std::fill(surrounded.bytes.begin(), surrounded.bytes.end(), std::uint8_t{0x5a});
    const ImageView view = surrounded.view();
    for (int y = 0; y < region.height; ++y) {
      const std::uint8_t* from = image.view().row(region.y + y) + region.x * 3;
      std::copy(from, from + region.width * 3, surrounded.bytes.begin() + (y + 1) * view.stride + 3);
    }
    const Program program(Pipeline{}, DType::u8, Layout::nhwc, plans.shape);
    std::vector<std::byte> row(program.row_shape().bytes());
    program.run(plans.merged, {view.row(1) + 3, region.width, region.height, 3, view.stride}, row.data(), scratch);
    ASSERT_EQ(row, test::run(program, plans.one_by_one, image, scratch)) << "seed " << seed;
  }
  EXPECT_GT(smaller, 300);
}

TEST(Region, IsNoLargerThanNeeded) {
  // Every pixel on the region's four sides changes the result.
  SamplePlan plan;
  StagePlanner stages(100, 80, plan);
  stages.resize({51, 63}, bilinear);
  stages.crop({20, 15, 21, 22});
  const Rect region = plan.steps.front().stage.read_region();

  plan.source_region = region;
  const Program program(Pipeline{}, DType::u8, Layout::nhwc, RowShape{22, 21, 1, DType::u8, Layout::nhwc});
  AugmentScratch scratch;
  Image black(100, 80, 1);
  const auto before = test::run(program, plan, black, scratch);
  const auto changes = [&](int x, int y, int width, int height) {
    Image image = black;
    for (int row = y; row < y + height; ++row) {
      for (int column = x; column < x + width; ++column) {
        image.bytes[static_cast<std::size_t>(row * image.width + column)] = 255;
      }
    }
    return test::run(program, plan, image, scratch) != before;
  };
  EXPECT_TRUE(changes(region.x, region.y, 1, region.height));
  EXPECT_TRUE(changes(region.right() - 1, region.y, 1, region.height));
  EXPECT_TRUE(changes(region.x, region.y, region.width, 1));
  EXPECT_TRUE(changes(region.x, region.bottom() - 1, region.width, 1));
}

}  // namespace
}  // namespace slabring
