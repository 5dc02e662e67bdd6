#include "augment/program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <limits>
#include <new>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "augment/every_target.hpp"
#include "augment/images.hpp"
#include "base/names.hpp"
#include "base/sample_failure.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

using test::Image;
using ::testing::HasSubstr;

constexpr RowShape source_28{28, 28, 1, DType::u8, Layout::nhwc};

// ---- what a program refuses ----

std::string refusal(const Pipeline& pipeline, DType dtype = DType::f32,
                    const std::optional<RowShape>& source = std::nullopt) {
  try {
    const Program program(pipeline, dtype, Layout::nchw, source);
    return "nothing refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::pipeline);
    return error.what();
  }
}

TEST(ProgramRefuses, ParametersByNamePositionAndValue) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(
      refusal({RandomResizedCrop(224, {0.5, 0.1})}),
      "transform 0, RandomResizedCrop: scale [0.5, 0.1] is no range of positive numbers; must be 0 < low <= high");
  EXPECT_THAT(refusal({RandomResizedCrop(224, {0.08, 1.0}, {0.0, 1.0})}), HasSubstr("ratio [0, 1] is no range"));
  EXPECT_THAT(refusal({RandomResizedCrop(224, {nan, 1.0})}), HasSubstr("scale [nan, 1] is no range"));
  EXPECT_EQ(refusal({CenterCrop(8), Resize(0)}), "transform 1, Resize: size 0 is out of range; must be 1 to 65500");
  EXPECT_EQ(refusal({Resize(Size(8, 65'501))}),
            "transform 0, Resize: size [8, 65501] (height, width) is out of range; must be 1 to 65500 each");
  EXPECT_THAT(refusal({CenterCrop(-1)}), HasSubstr("transform 0, CenterCrop: size [-1, -1]"));
  EXPECT_THAT(refusal({Resize(256, Interpolation::bilinear, 256), CenterCrop(8)}),
              HasSubstr("max_size 256 does not fit size 256, the shorter side; must be more, at most 65500"));
  EXPECT_THAT(refusal({Resize(Size(8), static_cast<Interpolation>(99))}),
              HasSubstr("interpolation 99 is no filter; must be one of nearest, box, bilinear"));
  EXPECT_EQ(refusal({CenterCrop(8), RandomHorizontalFlip(1.5)}),
            "transform 1, RandomHorizontalFlip: p 1.5 is no probability; must be 0 to 1");
  EXPECT_THAT(refusal({CenterCrop(8), RandomHorizontalFlip(nan)}), HasSubstr("p nan is no probability"));
  EXPECT_EQ(refusal({CenterCrop(8), Normalize({0, 0, 0}, {1, 0, 1})}),
            "transform 1, Normalize: std [1, 0, 1] has a value that float32 cannot divide by; must be finite, not 0");
  EXPECT_THAT(refusal({CenterCrop(8), Normalize({0, 0, 0}, {1, 1e-60, 1})}), HasSubstr("float32 cannot divide by"));
  EXPECT_THAT(refusal({CenterCrop(8), Normalize({0, nan, 0}, {1, 1, 1})}), HasSubstr("mean [0, nan, 0] has a value"));
  EXPECT_THAT(refusal({CenterCrop(8), Normalize({0, 0, 0}, {1, 1})}), HasSubstr("std has 2 values, mean has 3"));
  EXPECT_THAT(refusal({CenterCrop(8), Normalize({}, {})}), HasSubstr("mean is empty"));
  EXPECT_THAT(refusal({CenterCrop(8), Lambda({})}), HasSubstr("transform 1, Lambda: apply is an empty function"));
}

TEST(ProgramRefuses, MaxSizeBesideTwoSides) {
  Resize resize(Size(8, 9));
  resize.max_size = 20;
  EXPECT_THAT(refusal({resize}), HasSubstr("max_size 20 has no meaning where size gives both sides"));
}

TEST(ProgramRefuses, NormalizeWhereItCannotStand) {
  EXPECT_EQ(refusal({CenterCrop(8), Normalize::imagenet(), RandomHorizontalFlip()}),
            "transform 1, Normalize: stands before RandomHorizontalFlip; must be the last transform");
  EXPECT_EQ(refusal({CenterCrop(8), Normalize::imagenet()}, DType::u8),
            "transform 1, Normalize: gives fractions, dtype is u8; must be f16, f32 or bf16");
  EXPECT_EQ(refusal({Normalize::imagenet()}, DType::f32, source_28),
            "transform 0, Normalize: mean has 3 values, samples have 1 channels; must have as many");
}

TEST(ProgramRefuses, ColoursOfImagesThatHaveNone) {
  EXPECT_EQ(refusal({RandomInvert()}, DType::u8, RowShape{28, 28, 2, DType::u8, Layout::nhwc}),
            "transform 0, RandomInvert: is given 2 channels; must be 1 or 3");
}

TEST(ProgramRefuses, AFillOfOtherChannels) {
  EXPECT_EQ(refusal({Pad(1, {1, 2})}, DType::u8, RowShape{28, 28, 3, DType::u8, Layout::nhwc}),
            "transform 0, Pad: fill has 2 values, the image has 3 channels; must have 1 or as many");
  EXPECT_EQ(refusal({Grayscale(), RandomCrop(8, 0, true, {1, 2, 3})}, DType::u8),
            "transform 1, RandomCrop: fill has 3 values, the image has 1 channels; must have 1 or as many");
}

TEST(ProgramRefuses, WhatWorksOnRowsInAList) {
  EXPECT_EQ(
      refusal({CenterCrop(8), RandomApply({Normalize::imagenet()})}),
      "transform 1.0, Normalize: stands in a list, and works on finished rows; must stand in the pipeline itself, "
      "last");
}

TEST(ProgramRefuses, ErasingWhereItCannotStandAndWhatItCannotWrite) {
  EXPECT_EQ(
      refusal({CenterCrop(8), RandomErasing(), RandomInvert()}),
      "transform 1, RandomErasing: stands before RandomInvert; must be the last transform, or stand before another "
      "RandomErasing");
  EXPECT_EQ(refusal({CenterCrop(8), Normalize::imagenet(), RandomErasing(), RandomErasing()}), "nothing refused");
  EXPECT_EQ(
      refusal({CenterCrop(8), RandomErasing(0.5, {0, 1}, {1, 1}, {})}, DType::u8),
      "transform 1, RandomErasing: value is random, which needs fractions, and dtype is u8; must be f16, f32 or bf16");
  EXPECT_EQ(
      refusal({CenterCrop(8), RandomErasing(0.5, {0, 1}, {1, 1}, {0.5})}, DType::u8),
      "transform 1, RandomErasing: value 0.5 cannot be written, dtype is u8; must be a whole number from 0 to 255");
  EXPECT_EQ(refusal({CenterCrop(8), RandomErasing(0.5, {0, 1}, {1, 1}, {1, 2})}),
            "transform 1, RandomErasing: value has 2 values, rows have 3 channels; must have 1 or as many");
}

TEST(ProgramRefuses, ListsWhoseChannelsDependOnADraw) {
  EXPECT_EQ(refusal({CenterCrop(8), RandomApply({Grayscale()})}),
            "transform 1, RandomApply: gives 3 or 1 channels, whatever is drawn; must always be as many");
  EXPECT_EQ(refusal({CenterCrop(8), RandomChoice({Grayscale(), RandomInvert()})}),
            "transform 1, RandomChoice: gives 1 or 3 channels, whatever is drawn; must always be as many");
}

TEST(ProgramRefuses, ParametersInListsByTheirPosition) {
  EXPECT_EQ(refusal({CenterCrop(8), RandomApply({RandomInvert(), RandomOrder({RandomInvert(3.0)})})}),
            "transform 1.1.0, RandomInvert: p 3 is no probability; must be 0 to 1");
}

TEST(ProgramRefuses, SamplesOfDifferentSizes) {
  for (const Pipeline& pipeline : {Pipeline{}, Pipeline{Resize(256)}, Pipeline{RandomHorizontalFlip()}}) {
    EXPECT_THAT(refusal(pipeline), HasSubstr("the transforms fix no output size"));
  }
}

TEST(ProgramRefuses, SourcesThatAreNoImages) {
  EXPECT_THAT(refusal({}, DType::u8, RowShape{28, 28, 5, DType::u8, Layout::nhwc}),
              HasSubstr("samples of shape 28x28x5 (height x width x channels) cannot be transformed"));
  EXPECT_THAT(refusal({}, DType::u8, RowShape{0, 28, 1, DType::u8, Layout::nhwc}), HasSubstr("shape 0x28x1"));
}

// ---- shapes ----

TEST(ProgramShape, IsThatOfTheLastTransformThatFixesIt) {
  const auto shape = [](const Pipeline& pipeline, const std::optional<RowShape>& source) {
    return Program(pipeline, DType::f16, Layout::nhwc, source).row_shape();
  };
  const std::optional<RowShape> none;
  EXPECT_EQ(shape({Resize(256), CenterCrop(Size(224, 192))}, none), (RowShape{224, 192, 3, DType::f16, Layout::nhwc}));
  EXPECT_EQ(shape({RandomResizedCrop(64), RandomHorizontalFlip()}, none),
            (RowShape{64, 64, 3, DType::f16, Layout::nhwc}));
  EXPECT_EQ(shape({Resize(Size(3, 5))}, source_28), (RowShape{3, 5, 1, DType::f16, Layout::nhwc}));
  EXPECT_EQ(shape({}, source_28), (RowShape{28, 28, 1, DType::f16, Layout::nhwc}));
  EXPECT_EQ(shape({Resize(50)}, RowShape{100, 200, 4, DType::u8, Layout::nhwc}),
            (RowShape{50, 100, 4, DType::f16, Layout::nhwc}));
  EXPECT_EQ(shape({CenterCrop(Size(10, 20)), Resize(5)}, none), (RowShape{5, 10, 3, DType::f16, Layout::nhwc}));
}

TEST(ProgramShape, HasTheChannelsThatGrayscaleLeaves) {
  const auto channels = [](const Pipeline& pipeline, int source) {
    return Program(pipeline, DType::u8, Layout::nhwc, RowShape{9, 8, source, DType::u8, Layout::nhwc})
        .row_shape()
        .channels;
  };
  EXPECT_EQ(channels({Grayscale()}, 3), 1);
  EXPECT_EQ(channels({Grayscale(3)}, 1), 3);
  EXPECT_EQ(channels({Grayscale(), Grayscale(3)}, 3), 3);
  EXPECT_EQ(channels({RandomGrayscale()}, 1), 1);
  EXPECT_EQ(Program({Grayscale(), CenterCrop(4), Normalize({0.5}, {0.5})}, DType::f32, Layout::nchw).row_shape(),
            (RowShape{4, 4, 1, DType::f32, Layout::nchw}));
}

TEST(ProgramShape, GrowsByPaddingAndIsNotKnownOfWhatTurns) {
  EXPECT_EQ(Program({Pad({1, 2, 3, 4})}, DType::u8, Layout::nhwc, source_28).row_shape(),
            (RowShape{34, 32, 1, DType::u8, Layout::nhwc}));
  EXPECT_EQ(
      Program({CenterCrop(8), RandomRotation(30.0), RandomAffine(9.0), RandomPerspective()}, DType::u8, Layout::nhwc)
          .row_shape(),
      (RowShape{8, 8, 3, DType::u8, Layout::nhwc}));
  RandomRotation expanding(30.0);
  expanding.expand = true;
  EXPECT_THAT(refusal({CenterCrop(8), expanding}), HasSubstr("the transforms fix no output size"));
}

TEST(ProgramShape, CropLargerThanTheImageIsAFaultThatNamesTheWayOut) {
  const Program program({RandomCrop(30)}, DType::u8, Layout::nhwc);
  SamplePlan plan;
  try {
    program.plan(29, 31, {}, plan);
    FAIL() << "nothing thrown";
  } catch (const SampleFailure& failure) {
    EXPECT_EQ(failure.status(), SampleStatus::wrong_shape);
    EXPECT_STREQ(
        failure.what(),
        "transform 0, RandomCrop: the crop of 30x30 pixels (height x width) does not fit into an image of 31x29; "
        "pad_if_needed would add what is missing");
  }
}

TEST(ProgramShape, OfAListIsKnownWhereItIsTheSameWhateverIsDrawn) {
  const RowShape expected{8, 8, 3, DType::u8, Layout::nhwc};
  for (const Transform& list : {Transform(RandomApply({RandomInvert()})), Transform(RandomApply({CenterCrop(8)})),
                                Transform(RandomChoice({CenterCrop(8), RandomInvert(), RandomResizedCrop(8)})),
                                Transform(RandomOrder({RandomInvert(), RandomResizedCrop(8)}))}) {
    EXPECT_EQ(Program(Pipeline{CenterCrop(8), list}, DType::u8, Layout::nhwc).row_shape(), expected);
  }
  for (const Transform& list :
       {Transform(RandomApply({CenterCrop(7)})), Transform(RandomChoice({CenterCrop(7), CenterCrop(6)})),
        Transform(RandomOrder({CenterCrop(7), RandomInvert()}))}) {
    EXPECT_THAT(refusal({CenterCrop(8), list}), HasSubstr("the transforms fix no output size"));
  }
}

TEST(ProgramShape, ImageThatDoesNotFitIsAFaultWithBothShapes) {
  const Program program({Resize(14)}, DType::u8, Layout::nhwc, source_28);
  SamplePlan plan;
  program.plan(56, 56, {}, plan);  // another size that fits is fine
  try {
    program.plan(28, 56, {}, plan);
    FAIL() << "nothing thrown";
  } catch (const SampleFailure& failure) {
    EXPECT_EQ(failure.status(), SampleStatus::wrong_shape);
    EXPECT_STREQ(failure.what(),
                 "the image has 56x28 pixels (height x width) and 28x14 after its transforms; rows have 14x14; a crop, "
                 "or a Resize to height and width, makes all images alike");
  }
}

TEST(ProgramShape, WrongChannelsOrAWrongRegionAreFaults) {
  const Program program({}, DType::u8, Layout::nhwc, source_28);
  AugmentScratch scratch;
  SamplePlan plan;
  program.plan(28, 28, {}, plan);
  std::vector<std::byte> row(program.row_shape().bytes());
  for (const Image& image : {Image(28, 28, 3), Image(28, 27, 1), Image(27, 28, 1)}) {
    try {
      program.run(plan, image.view(), row.data(), scratch);
      FAIL() << "nothing thrown";
    } catch (const SampleFailure& failure) {
      EXPECT_EQ(failure.status(), SampleStatus::wrong_shape);
    }
  }
}

// ---- pixels ----

TEST(ProgramPixels, NothingToDoIsACopyEvenWithAStride) {
  const Program program({}, DType::u8, Layout::nhwc, RowShape{6, 5, 3, DType::u8, Layout::nhwc});
  const Image wide = test::noise(9, 6, 3);
  const Image image = test::part_of(wide, {2, 0, 5, 6});
  SamplePlan plan;
  program.plan(5, 6, {}, plan);
  AugmentScratch scratch;
  std::vector<std::byte> row(program.row_shape().bytes());
  program.run(plan, {wide.bytes.data() + 2 * 3, 5, 6, 3, 9 * 3}, row.data(), scratch);
  EXPECT_EQ(std::memcmp(row.data(), image.bytes.data(), row.size()), 0);
  EXPECT_EQ(row, test::transformed(program, image));
}

TEST(ProgramPixels, FlipMirrorsEachRow) {
  const Image image = test::noise(7, 3, 3);
  const Image flipped = test::transformed_image({RandomHorizontalFlip(1.0)}, image);
  for (int y = 0; y < 3; ++y) {
    for (int x = 0; x < 7; ++x) {
      for (int c = 0; c < 3; ++c) {
        ASSERT_EQ(flipped.view().row(y)[(6 - x) * 3 + c], image.view().row(y)[x * 3 + c]);
      }
    }
  }
  EXPECT_EQ(test::transformed_image({RandomHorizontalFlip(0.0)}, image), image);
}

TEST(ProgramPixels, LambdaSeesWhatStandsBeforeItAndGivesToWhatStandsBehind) {
  const Image image = test::noise(40, 30, 3);
  std::vector<Size> seen;
  const auto invert = [&seen](const MutableImageView& view, RandomStream&) {
    seen.push_back(Size(view.height, view.width));
    for (int y = 0; y < view.height; ++y) {
      for (int x = 0; x < view.width * view.channels; ++x) {
        view.row(y)[x] = static_cast<std::uint8_t>(255 - view.row(y)[x]);
      }
    }
  };
  const Pipeline with_lambdas{Resize(20), Lambda(invert), CenterCrop(16), Lambda(invert)};
  EXPECT_EQ(test::transformed_image(with_lambdas, image), test::transformed_image({Resize(20), CenterCrop(16)}, image));
  EXPECT_EQ(seen, (std::vector<Size>{Size(20, 26), Size(16, 16)}));
}

TEST(ProgramPixels, LambdaHasTheRandomnessOfItsPosition) {
  std::vector<std::uint64_t> seen;
  const Lambda look([&](const MutableImageView&, RandomStream& random) { seen.push_back(random.bits()); });
  test::transformed_image({look, RandomHorizontalFlip(), look}, Image(4, 4, 3), {77, SampleId{5}});
  EXPECT_EQ(seen, (std::vector<std::uint64_t>{RandomStream(77, SampleId{5}, 0).bits(),
                                              RandomStream(77, SampleId{5}, 2).bits()}));
}

TEST(ProgramPixels, WhatALambdaThrowsIsAFaultOfTheSample) {
  const auto failure_of = [](const std::function<void()>& body) {
    try {
      const Lambda lambda([&](const MutableImageView&, RandomStream&) { body(); });
      test::transformed_image({RandomHorizontalFlip(), lambda}, Image(4, 4, 3));
      return std::string("nothing thrown");
    } catch (const SampleFailure& failure) {
      EXPECT_EQ(failure.status(), SampleStatus::transform_failed);
      return std::string(failure.what());
    }
  };
  EXPECT_EQ(failure_of([] { throw std::runtime_error("no mask for it"); }), "transform 1, Lambda: no mask for it");
  EXPECT_EQ(failure_of([] { throw 42; }), "transform 1, Lambda: threw something that is no std::exception");
}

// ---- randomness ----

Rect crop_of(const Program& program, int width, int height, const SampleKey& key) {
  SamplePlan plan;
  program.plan(width, height, key, plan);
  return plan.region();
}

TEST(ProgramRandomness, IsAFunctionOfEpochSampleAndPosition) {
  const Program first({RandomResizedCrop(8)}, DType::u8, Layout::nhwc);
  const Program second({RandomHorizontalFlip(), RandomResizedCrop(8)}, DType::u8, Layout::nhwc);
  const auto crops = [](const Program& program, std::uint64_t key, std::uint64_t id) {
    return crop_of(program, 5000, 4000, {key, SampleId{id}});
  };
  EXPECT_EQ(crops(first, 1, 2), crops(first, 1, 2));
  EXPECT_NE(crops(first, 1, 2), crops(first, 2, 2));
  EXPECT_NE(crops(first, 1, 2), crops(first, 1, 3));
  EXPECT_NE(crops(first, 1, 2), crops(second, 1, 2));
}

TEST(ProgramRandomness, FlipsAsOftenAsAskedWhateverTheEpoch) {
  const Program program({CenterCrop(4), RandomHorizontalFlip(0.3)}, DType::u8, Layout::nhwc);
  SamplePlan plan;
  const auto flipped = [&](std::uint64_t key, std::uint64_t id) {
    program.plan(4, 4, {key, SampleId{id}}, plan);
    return plan.steps.back().stage.mirrored ? 1 : 0;
  };
  int count = 0;
  int both = 0;
  for (std::uint64_t id = 0; id < 20'000; ++id) {
    count += flipped(1, id);
    both += flipped(1, id) * flipped(2, id);
  }
  EXPECT_NEAR(count, 6'000, 325);  // five standard deviations
  EXPECT_NEAR(both, 1'800, 202);   // 0.3 x 0.3: epochs know nothing of each other
}

TEST(ProgramRandomness, CropsHaveUniformAreasAndLogUniformRatios) {
  constexpr int side = 20'000;  // so large that every draw fits and rounding does not matter
  constexpr int samples = 20'000;
  const Program program({RandomResizedCrop(8, {0.1, 0.5}, {0.5, 2.0})}, DType::u8, Layout::nhwc);
  std::array<int, 8> areas{};
  std::array<int, 8> ratios{};
  std::array<int, 4> places{};
  for (int id = 0; id < samples; ++id) {
    const Rect crop = crop_of(program, side, side, {9, SampleId{static_cast<std::uint64_t>(id)}});
    const double area = static_cast<double>(crop.width) * crop.height / (static_cast<double>(side) * side);
    const double ratio = std::log2(static_cast<double>(crop.width) / crop.height);  // -1 to 1
    const double place = static_cast<double>(crop.x) / (side - crop.width + 1);
    const auto bin = [](double share, std::size_t bins) {
      return std::min(bins - 1, static_cast<std::size_t>(std::max(0.0, share) * static_cast<double>(bins)));
    };
    ++areas.at(bin((area - 0.1) / 0.4, areas.size()));
    ++ratios.at(bin((ratio + 1.0) / 2.0, ratios.size()));
    ++places.at(bin(place, places.size()));
  }
  for (const int count : areas) EXPECT_NEAR(count, samples / 8, 250);
  for (const int count : ratios) EXPECT_NEAR(count, samples / 8, 250);
  for (const int count : places) EXPECT_NEAR(count, samples / 4, 310);
}

TEST(ProgramRandomness, ImageOfImpossibleShapeIsCroppedInTheMiddle) {
  const Program program({RandomResizedCrop(8)}, DType::u8, Layout::nhwc);
  EXPECT_EQ(crop_of(program, 1000, 2, {}), (Rect{498, 0, 3, 2}));  // 2 x 4 / 3 = 2.67
  EXPECT_EQ(crop_of(program, 1, 1, {}), (Rect{0, 0, 1, 1}));
}

/// Pixels that end where memory ends, and begin where it begins when `backwards` (rows from the last to the first).
class GuardedImage {
 public:
  GuardedImage(const Image& image, bool backwards) : size_(image.bytes.size()), mapped_(pages(size_) + 2 * page) {
    memory_ = static_cast<std::uint8_t*>(mmap(nullptr, mapped_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    if (memory_ == MAP_FAILED) throw std::bad_alloc();
    if (mprotect(memory_ + page, mapped_ - 2 * page, PROT_READ | PROT_WRITE) != 0) throw std::bad_alloc();
    std::uint8_t* first = memory_ + mapped_ - page - size_;
    const auto line = static_cast<std::ptrdiff_t>(image.width) * image.channels;
    view_ = {first, image.width, image.height, image.channels, line};
    if (backwards) view_ = {first + line * (image.height - 1), image.width, image.height, image.channels, -line};
    for (int y = 0; y < image.height; ++y) {
      std::copy_n(image.view().row(y), line, first + (view_.row(y) - first));
    }
  }
  ~GuardedImage() { munmap(memory_, mapped_); }
  GuardedImage(const GuardedImage&) = delete;
  GuardedImage& operator=(const GuardedImage&) = delete;
  const ImageView& view() const { return view_; }

 private:
  static constexpr std::size_t page = 4096;
  static std::size_t pages(std::size_t bytes) { return (bytes + page - 1) / page * page; }

  std::size_t size_;
  std::size_t mapped_;
  std::uint8_t* memory_;
  ImageView view_;
};

class ProgramOnEveryTarget : public test::EveryTarget {};

TEST_P(ProgramOnEveryTarget, ReadsNothingBeyondTheImageAndGivesTheSameRow) {
  RandomStream random(1, SampleId{2}, 3);
  const auto side = [&](std::uint64_t longest) { return static_cast<int>(1 + random.below(longest)); };
  AugmentScratch scratch;
  SamplePlan plan;
  for (int i = 0; i < 200; ++i) {
    const Image image = test::noise(side(i % 3 == 0 ? 6 : 90), side(i % 5 == 0 ? 6 : 90), 1 + i % 4);
    const Size size(side(40), side(i % 7 == 0 ? 300 : 40));
    const auto filter = static_cast<Interpolation>(random.below(names_of<Interpolation>().size()));
    const auto dtype = static_cast<DType>(random.below(4));
    const auto layout = static_cast<Layout>(random.below(2));
    const Pipeline pipeline({Resize(size, filter), RandomHorizontalFlip(i % 2)});
    const Program program(pipeline, dtype, layout, image.shape());
    const GuardedImage guarded(image, i % 4 == 1);
    std::vector<std::byte> row(program.row_shape().bytes());
    program.plan(image.width, image.height, {}, plan);
    const Rect& region = plan.region();
    const ImageView& view = guarded.view();
    program.run(plan,
                {view.row(region.y) + std::ptrdiff_t{region.x} * image.channels, region.width, region.height,
                 image.channels, view.stride},
                row.data(), scratch);

    choose_kernel_target("");
    const Program best(pipeline, dtype, layout, image.shape());
    ASSERT_EQ(row, test::transformed(best, image)) << i;
    choose_kernel_target(GetParam());
  }
}

INSTANTIATE_TEST_SUITE_P(, ProgramOnEveryTarget, ::testing::ValuesIn(kernel_targets()), test::target_name);

}  // namespace
}  // namespace slabring
