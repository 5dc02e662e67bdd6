// Memory: none is allocated for the usual sample, and one unusual sample does not make a worker large for ever.
#include "augment/scratch.hpp"

#include <gtest/gtest.h>

#include "augment/images.hpp"
#include "augment/program.hpp"
#include "support/count_allocations.hpp"

namespace slabring {
namespace {

using test::Image;

int allocations_of_second_run(const Pipeline& pipeline, DType dtype) {
  const Program program(pipeline, dtype, Layout::nchw);
  const Image image = test::noise(160, 120, 3);
  std::vector<std::byte> row(program.row_shape().bytes());
  AugmentScratch scratch;
  SamplePlan plan;
  const auto run = [&] {
    program.plan(image.width, image.height, {}, plan);
    const Rect& region = plan.region();
    const ImageView view = image.view();
    program.run(plan, {view.row(region.y) + region.x * 3, region.width, region.height, 3, view.stride}, row.data(),
                scratch);
  };
  run();
  const int before = allocations;
  run();
  return allocations - before;
}

TEST(Scratch, TheSameImageAgainAllocatesNothing) {
  EXPECT_EQ(allocations_of_second_run(Pipeline::train(64), DType::f32), 0);
  EXPECT_EQ(allocations_of_second_run(Pipeline::val(64), DType::f32), 0);
  EXPECT_EQ(allocations_of_second_run(Pipeline::train(64, false), DType::u8), 0);
  const Lambda nothing([](const MutableImageView&, RandomStream&) {});
  EXPECT_EQ(allocations_of_second_run({Resize(Size(70)), nothing, Resize(Size(60)), nothing}, DType::u8), 0);
  const Pipeline colours{CenterCrop(64),
                         ColorJitter(0.4, 0.4, 0.4, 0.1),
                         RandomAdjustSharpness(2.0, 1.0),
                         RandomEqualize(1),
                         RandomVerticalFlip(1.0),
                         RandomAutocontrast(1.0),
                         Grayscale(),
                         Grayscale(3)};
  EXPECT_EQ(allocations_of_second_run(colours, DType::f32), 0);
  const Pipeline warps{RandomRotation({30.0, 31.0}), RandomPerspective(0.5, 1.0),
                       RandomCrop(64, 40, false, {1, 2, 3}, PaddingMode::reflect), RandomRotation({90.0, 90.0})};
  EXPECT_EQ(allocations_of_second_run(warps, DType::f32), 0);
  const Pipeline policies{RandomCrop(64), RandAugment(4),
                          AugMix(),       RandomApply({RandomOrder({RandomInvert(), GaussianBlur(5), JPEG(50)})}, 1.0),
                          AutoAugment(),  RandomErasing(1.0, {0.1, 0.2}, {1.0, 1.0}, {})};
  EXPECT_EQ(allocations_of_second_run(policies, DType::f32), 0);
}

TEST(Scratch, GrowsForAnOutlierAndGivesTheMemoryBack) {
  const Program program({Resize(32), Lambda([](const MutableImageView&, RandomStream&) {}), CenterCrop(32)}, DType::u8,
                        Layout::nhwc);
  const Image usual = test::noise(48, 40, 3);
  const Image outlier = test::noise(30'000, 10, 3);  // 32 x 96,000 between the transforms
  AugmentScratch scratch;
  SamplePlan plan;
  const auto run = [&](const Image& image) {
    program.plan(image.width, image.height, {}, plan);
    test::run(program, plan, image, scratch);
  };
  run(usual);
  const std::size_t usual_bytes = scratch.bytes();
  run(outlier);
  EXPECT_GT(scratch.bytes(), std::size_t{9'000'000});
  for (int i = 0; i < ScratchBuffer<int>::patience; ++i) run(usual);
  EXPECT_LT(scratch.bytes(), usual_bytes + 4 * ScratchBuffer<int>::kept_bytes);
  run(outlier);  // and it still works
  EXPECT_GT(scratch.bytes(), std::size_t{9'000'000});
}

TEST(ScratchBuffer, KeepsWhatIsUsedNowAndThen) {
  constexpr std::size_t large = 10 * ScratchBuffer<char>::kept_bytes;
  ScratchBuffer<char> buffer;
  for (int i = 0; i < 100; ++i) {
    buffer.take(i % 8 == 0 ? large : 1);
    EXPECT_FALSE(buffer.settle());
    EXPECT_EQ(buffer.bytes(), large);
  }
}

TEST(ScratchBuffer, SmallOnesAreNeverGivenBack) {
  ScratchBuffer<char> buffer;
  buffer.take(ScratchBuffer<char>::kept_bytes);
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(buffer.settle());
}

}  // namespace
}  // namespace slabring
