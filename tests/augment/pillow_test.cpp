// Compares with what Pillow made of the same images: see pillow_reference.py, which ctest runs first.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "augment/images.hpp"
#include "augment/program.hpp"
#include "augment/torchvision_rules.hpp"
#include "augment/warp_rules.hpp"
#include "base/names.hpp"

namespace slabring {
namespace {

using nlohmann::json;
using test::Image;

std::string read_reference(const std::string& name) {
  std::ifstream file(std::string(PILLOW_REFERENCE) + "/" + name, std::ios::binary);
  if (!file) throw std::runtime_error("no " + name + " in " PILLOW_REFERENCE "; run this through ctest");
  return {std::istreambuf_iterator<char>(file), {}};
}

class Pillow : public ::testing::Test {
 protected:
  const json cases = json::parse(read_reference("cases.json"));
  const std::string pixels = read_reference("pixels.bin");

  Image input_of(const json& test_case) const {
    const json& input = test_case.at("input");
    Image image(input.at("width"), input.at("height"), input.at("channels"));
    std::memcpy(image.bytes.data(), &pixels.at(input.at("offset")), image.bytes.size());
    return image;
  }

  RowShape expected_shape(const json& test_case, DType dtype, Layout layout) const {
    const json& expected = test_case.at("expected");
    return {expected.at("height"), expected.at("width"), expected.at("channels"), dtype, layout};
  }

  // The place of the first byte that differs, -1: none.
  std::ptrdiff_t first_difference(const json& test_case, const std::vector<std::byte>& row) const {
    const char* expected = &pixels.at(test_case.at("expected").at("offset"));
    const auto* bytes = reinterpret_cast<const char*>(row.data());
    const auto [at, unused] = std::mismatch(bytes, bytes + row.size(), expected);
    return at == bytes + row.size() ? -1 : at - bytes;
  }
};

void add_step(const json& step, StagePlanner& stages) {
  if (step[0] == "crop") {
    stages.crop({step[1], step[2], step[3], step[4]});
  } else if (step[0] == "resize") {
    stages.resize({step[1].get<int>(), step[2].get<int>()},
                  value_of<Interpolation>(step[3].get<std::string>()).value());
  } else if (step[0] == "mirror") {
    stages.mirror();
  } else {
    stages.flip();
  }
}

TEST_F(Pillow, GivesTheSamePixelsForEverySequenceOfOperations) {
  AugmentScratch scratch;
  SamplePlan plan;
  int compared = 0;
  for (const json& test_case : cases) {
    if (!test_case.contains("steps")) continue;
    const Image image = input_of(test_case);
    const RowShape shape = expected_shape(test_case, DType::u8, Layout::nhwc);
    const Program program(Pipeline{}, DType::u8, Layout::nhwc, shape);

    StagePlanner stages(image.width, image.height, plan);
    for (const json& step : test_case.at("steps")) add_step(step, stages);
    plan.source_region = plan.steps.front().stage.read_region();

    const auto row = test::run(program, plan, image, scratch);
    ASSERT_EQ(first_difference(test_case, row), -1) << test_case.dump();
    ++compared;
  }
  EXPECT_GT(compared, 1500);
}

TEST_F(Pillow, AndFloat32ArithmeticGiveTheSameRowsForEveryPipeline) {
  int compared = 0;
  for (const json& test_case : cases) {
    if (!test_case.contains("pipeline")) continue;
    const Image image = input_of(test_case);
    const Pipeline pipeline = Pipeline::from_json(test_case.at("pipeline").dump());
    const Program program(pipeline, pipeline.dtype.value(), pipeline.layout.value(), image.shape());
    ASSERT_EQ(program.row_shape(), expected_shape(test_case, *pipeline.dtype, *pipeline.layout)) << test_case.dump();

    const SampleKey key{test_case.at("key"), SampleId{test_case.at("sample").get<std::uint64_t>()}};
    ASSERT_EQ(first_difference(test_case, test::transformed(program, image, key)), -1) << test_case.dump();
    ++compared;
  }
  EXPECT_GT(compared, 3'500);
}

TEST_F(Pillow, WarpsTheSameWithTheSameCoefficientsOfAPerspective) {
  int compared = 0;
  for (const json& test_case : cases) {
    if (!test_case.contains("perspective")) continue;
    const Image image = input_of(test_case);
    const auto matrix = test_case.at("perspective").get<PerspectiveMatrix>();
    const auto interpolation = value_of<Interpolation>(test_case.at("interpolation").get<std::string>()).value();
    std::vector<std::byte> row(image.bytes.size());
    const MutableImageView out{reinterpret_cast<std::uint8_t*>(row.data()), image.width, image.height, 3,
                               std::ptrdiff_t{image.width} * 3};
    warp_perspective(image.view(), matrix, interpolation, {1, 2, 3, 0}, out);
    ASSERT_EQ(first_difference(test_case, row), -1) << test_case.dump();
    ++compared;
  }
  EXPECT_GT(compared, 30);
}

TEST_F(Pillow, PerspectivesHaveTheSameCornersAndCoefficientsToElevenDigits) {
  for (const json& test_case : cases) {
    if (!test_case.contains("perspective")) continue;
    const Image image = input_of(test_case);
    RandomStream random(test_case.at("key"), SampleId{test_case.at("sample").get<std::uint64_t>()}, test_case.at("op"));
    const Size size(image.height, image.width);
    const Corners corners = draw_corners(test_case.at("distortion"), size, random);
    EXPECT_EQ(corners, test_case.at("corners").get<Corners>());
    const auto matrix = perspective_matrix(corners_of(size), corners);
    ASSERT_TRUE(matrix.has_value());
    for (std::size_t i = 0; i < matrix->size(); ++i) {
      const double expected = test_case.at("perspective").at(i);
      EXPECT_NEAR((*matrix)[i], expected, 1e-11 * std::max(1.0, std::abs(expected))) << i;
    }
  }
}

TEST_F(Pillow, BlursToTheNearestValueButWhereItLiesBetweenTwo) {
  std::size_t compared = 0;
  for (const json& test_case : cases) {
    if (!test_case.contains("blurred")) continue;
    const Image image = input_of(test_case);
    const GaussianBlur blur(test_case.at("kernel_size").get<std::array<int, 2>>(),
                            {test_case.at("sigma"), test_case.at("sigma")});
    const Image blurred = test::transformed_image({blur}, image);
    for (std::size_t i = 0; i < blurred.bytes.size(); ++i) {
      std::int32_t thousandths = 0;
      std::memcpy(&thousandths, &pixels.at(test_case.at("blurred").get<std::size_t>() + i * 4), 4);
      ASSERT_LE(std::abs(1000 * blurred.bytes[i] - thousandths), 502) << test_case.dump() << " byte " << i;
    }
    compared += blurred.bytes.size();
  }
  EXPECT_GT(compared, 100'000U);
}

class Torchvision : public ::testing::Test {
 protected:
  const json rules = json::parse(read_reference("rules.json"));

  static Size image_of(const json& rule) { return {rule.at("image")[0].get<int>(), rule.at("image")[1].get<int>()}; }
  static Rect rect_of(const json& rule) {
    const json& result = rule.at("result");
    return {result[0], result[1], result[2], result[3]};
  }
};

TEST_F(Torchvision, ResizesToTheSameSizes) {
  ASSERT_FALSE(rules.at("resizes").empty());
  for (const json& rule : rules.at("resizes")) {
    const json& size = rule.at("size");
    Resize resize = size.is_array() ? Resize(Size(size[0], size[1])) : Resize(size.get<int>());
    resize.max_size = rule.at("max_size");
    const Size result(rule.at("result")[0], rule.at("result")[1]);
    EXPECT_EQ(resized_size(resize, image_of(rule)), result) << rule.dump();
  }
}

TEST_F(Torchvision, CropsTheSameCenters) {
  ASSERT_FALSE(rules.at("center_crops").empty());
  for (const json& rule : rules.at("center_crops")) {
    const Size size(rule.at("size")[0], rule.at("size")[1]);
    EXPECT_EQ(center_crop(size, image_of(rule)), rect_of(rule)) << rule.dump();
  }
}

TEST_F(Torchvision, DrawsTheSameCropsFromTheSameStream) {
  ASSERT_FALSE(rules.at("resized_crops").empty());
  for (const json& rule : rules.at("resized_crops")) {
    const RandomResizedCrop crop(1, rule.at("scale"), rule.at("ratio"));
    RandomStream random(rule.at("key"), SampleId{rule.at("sample").get<std::uint64_t>()}, rule.at("op"));
    EXPECT_EQ(draw_resized_crop(crop, image_of(rule), random), rect_of(rule)) << rule.dump();
  }
}

}  // namespace

void PrintTo(const Rect& rect, std::ostream* out) {
  *out << rect.width << "x" << rect.height << " at (" << rect.x << ", " << rect.y << ")";
}
void PrintTo(const Size& size, std::ostream* out) { *out << size.height << "x" << size.width << " (height x width)"; }

}  // namespace slabring
