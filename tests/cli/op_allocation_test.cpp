// Every transform of `slabring ops`, with the parameters of its sheet: no memory is allocated for an image once some
// have been seen. What C code allocates with malloc is not counted, that is libjpeg's own pool for JPEG.
#include <gtest/gtest.h>

#include <vector>

#include "augment/images.hpp"
#include "augment/program.hpp"
#include "augment/scratch.hpp"
#include "op_examples.hpp"
#include "support/count_allocations.hpp"

namespace slabring {
namespace {

// Allocations while `images` images are transformed, after as many for the scratch memory to grow. Each has random
// numbers of its own, so that policies and lists draw all that they have.
int allocations_of(const Program& program, int images) {
  const test::Image image = test::noise(200, 150, 3);
  const ImageView view = image.view();
  std::vector<std::byte> row(program.row_shape().bytes());
  std::vector<std::byte> mixed(program.row_shape().bytes());
  AugmentScratch scratch;
  SamplePlan plan;
  const auto run = [&](std::uint64_t sample) {
    program.plan(image.width, image.height, {7, SampleId{sample}}, plan);
    const Rect& region = plan.region();
    program.run(plan, {view.row(region.y) + region.x * 3, region.width, region.height, 3, view.stride}, row.data(),
                scratch);
    if (program.batch_mix() == nullptr) return;
    const MixDraw draw = program.batch_mix()->draw(7, sample, program.row_shape());
    mix_rows(draw, program.row_shape(), row.data(), row.data(), mixed.data());
  };
  const auto count = static_cast<std::uint64_t>(images);
  for (std::uint64_t sample = 0; sample < count; ++sample) run(sample);
  const int before = allocations;
  for (std::uint64_t sample = 0; sample < count; ++sample) run(sample);
  return allocations - before;
}

TEST(OpAllocations, AreNoneForAnImageOfTheSameSizeWhateverTheTransform) {
  for (const cli::OpExample& example : cli::op_examples()) {
    const bool on_rows = std::holds_alternative<Normalize>(example.transform) ||
                         std::holds_alternative<Standardize>(example.transform) ||
                         std::holds_alternative<RandomErasing>(example.transform) ||
                         std::holds_alternative<MixUp>(example.transform) ||
                         std::holds_alternative<CutMix>(example.transform);
    const Pipeline pipeline = on_rows ? Pipeline{CenterCrop(96), example.transform}
                                      : Pipeline{Resize(Size(180, 240)), example.transform, CenterCrop(96)};
    const Program program(pipeline, DType::f32, Layout::nchw);
    EXPECT_EQ(allocations_of(program, 60), 0) << example.caption;
  }
}

}  // namespace
}  // namespace slabring
