#include "augment/convert.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "augment/images.hpp"
#include "augment/kernel_target.hpp"

namespace slabring {
namespace {

using test::Image;

double value_of_half(std::uint16_t half) {
  const double sign = (half & 0x8000) != 0 ? -1.0 : 1.0;
  const int exponent = half >> 10 & 31;
  const int fraction = half & 1023;
  if (exponent == 31) return fraction == 0 ? sign * std::numeric_limits<double>::infinity() : std::nan("");
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(1024 + fraction, exponent - 25);
}

TEST(Half, EveryHalfIsKept) {
  for (std::uint32_t bits = 0; bits <= 0xffff; ++bits) {
    const auto half = static_cast<std::uint16_t>(bits);
    const double value = value_of_half(half);
    if (std::isnan(value)) {
      EXPECT_TRUE(std::isnan(value_of_half(to_half(static_cast<float>(value)))));
    } else {
      ASSERT_EQ(to_half(static_cast<float>(value)), half) << bits;
      ASSERT_EQ(from_half(half), static_cast<float>(value)) << bits;
    }
  }
}

TEST(Half, ValuesBetweenTwoHalvesGoToTheNearerAndTiesToTheEvenOne) {
  for (std::uint16_t half = 0; half < 0x7bff; ++half) {
    const auto next = static_cast<std::uint16_t>(half + 1);
    const auto middle = static_cast<float>((value_of_half(half) + value_of_half(next)) / 2);  // exact in a float
    ASSERT_EQ(to_half(middle), half % 2 == 0 ? half : next);
    ASSERT_EQ(to_half(std::nextafter(middle, 0.0F)), half);
    ASSERT_EQ(to_half(std::nextafter(middle, 1e9F)), next);
    ASSERT_EQ(to_half(-std::nextafter(middle, 1e9F)), next | 0x8000);
  }
}

TEST(Half, TooLargeIsInfinite) {
  EXPECT_EQ(to_half(65519.996F), 0x7bff);
  EXPECT_EQ(to_half(65520.0F), 0x7c00);
  EXPECT_EQ(to_half(-1e30F), 0xfc00);
  EXPECT_EQ(to_half(std::numeric_limits<float>::infinity()), 0x7c00);
}

TEST(BFloat16s, AreTheNearestAndTiesGoToTheEvenOne) {
  for (std::uint32_t upper = 0; upper < 0x7f80; ++upper) {
    const auto value = std::bit_cast<float>(upper << 16);
    const auto middle = std::bit_cast<float>(upper << 16 | 0x8000);
    ASSERT_EQ(to_bfloat16(value), BFloat16(upper));
    ASSERT_EQ(from_bfloat16(BFloat16(upper)), value);
    ASSERT_EQ(to_bfloat16(middle), BFloat16(upper + upper % 2));
    ASSERT_EQ(to_bfloat16(std::nextafter(middle, 0.0F)), BFloat16(upper));
    ASSERT_EQ(to_bfloat16(-std::nextafter(middle, 2 * middle)), BFloat16((upper + 1) | 0x8000));
  }
}

TEST(BFloat16s, InfinityAndNanStayWhatTheyAre) {
  EXPECT_EQ(to_bfloat16(std::numeric_limits<float>::infinity()), BFloat16{0x7f80});
  EXPECT_EQ(to_bfloat16(std::numeric_limits<float>::max()), BFloat16{0x7f80});
  EXPECT_TRUE(std::isnan(from_bfloat16(to_bfloat16(std::bit_cast<float>(0x7f800001U)))));
}

const Normalize four_channels{{0.485, 0.456, 0.406, 0.5}, {0.229, 0.224, 0.225, 0.25}};

// Where the value of a pixel's channel lies, and what it is, said once more and slowly.
template <class Value, class ValueOf>
void expect_row(const std::vector<std::byte>& row, const Image& image, const RowShape& shape, bool mirrored,
                const ValueOf& value_of) {
  for (int y = 0; y < image.height; ++y) {
    for (int x = 0; x < image.width; ++x) {
      for (int c = 0; c < image.channels; ++c) {
        const int column = mirrored ? image.width - 1 - x : x;
        const int index = shape.layout == Layout::nchw ? (c * image.height + y) * image.width + column
                                                       : (y * image.width + column) * image.channels + c;
        Value value;
        std::memcpy(&value, row.data() + static_cast<std::size_t>(index) * sizeof(Value), sizeof(Value));
        ASSERT_EQ(value, value_of(image.view().row(y)[x * image.channels + c], static_cast<std::size_t>(c)));
      }
    }
  }
}

class EveryLayout : public ::testing::TestWithParam<std::tuple<int, Layout, bool, std::string>> {
 protected:
  void SetUp() override { choose_kernel_target(std::get<3>(GetParam())); }
  void TearDown() override { choose_kernel_target(""); }

  int channels = std::get<0>(GetParam());
  Layout layout = std::get<1>(GetParam());
  bool mirrored = std::get<2>(GetParam());
  Image image = test::noise(300, 5, channels);  // more than is put in order at once
  Normalize normalize{{four_channels.mean.begin(), four_channels.mean.begin() + channels},
                      {four_channels.std.begin(), four_channels.std.begin() + channels}};

  std::vector<std::byte> written(DType dtype, const Normalize* how) {
    const Converter converter(image.shape(dtype, layout), how);
    std::vector<std::byte> row(converter.shape().bytes());
    for (int y = 0; y < image.height; ++y) converter.write(y, image.view().row(y), mirrored, row.data());
    return row;
  }
  float exact(std::uint8_t byte, std::size_t c) const {
    const volatile float value = static_cast<float>(byte) / 255.0F;  // volatile: rounded to float32 at every step
    const volatile float centered = value - static_cast<float>(normalize.mean[c]);
    return centered / static_cast<float>(normalize.std[c]);
  }
};

TEST_P(EveryLayout, U8IsTheByteItself) {
  expect_row<std::uint8_t>(written(DType::u8, nullptr), image, image.shape(DType::u8, layout), mirrored,
                           [](std::uint8_t byte, std::size_t) { return byte; });
}

TEST_P(EveryLayout, F32IsTorchvisionsArithmetic) {
  expect_row<float>(written(DType::f32, &normalize), image, image.shape(DType::f32, layout), mirrored,
                    [&](std::uint8_t byte, std::size_t c) { return exact(byte, c); });
  expect_row<float>(written(DType::f32, nullptr), image, image.shape(DType::f32, layout), mirrored,
                    [](std::uint8_t byte, std::size_t) { return static_cast<float>(byte) / 255.0F; });
}

TEST_P(EveryLayout, F16IsTheRoundedF32) {
  expect_row<std::uint16_t>(written(DType::f16, &normalize), image, image.shape(DType::f16, layout), mirrored,
                            [&](std::uint8_t byte, std::size_t c) { return to_half(exact(byte, c)); });
  expect_row<BFloat16>(written(DType::bf16, &normalize), image, image.shape(DType::bf16, layout), mirrored,
                       [&](std::uint8_t byte, std::size_t c) { return to_bfloat16(exact(byte, c)); });
}

TEST_P(EveryLayout, ADeviationOfAlmostNothingIsDividedByAllTheSame) {
  normalize.std.assign(normalize.std.size(), 1e-39);  // its inverse is no float
  expect_row<float>(written(DType::f32, &normalize), image, image.shape(DType::f32, layout), mirrored,
                    [&](std::uint8_t byte, std::size_t c) { return exact(byte, c); });
}

INSTANTIATE_TEST_SUITE_P(Converter, EveryLayout,
                         ::testing::Combine(::testing::Values(1, 2, 3, 4),
                                            ::testing::Values(Layout::nchw, Layout::nhwc), ::testing::Bool(),
                                            ::testing::ValuesIn(kernel_targets())));

TEST(Converter, KeepsBytesOnlyWhereTheyStayInOrder) {
  const auto keeps = [](int channels, DType dtype, Layout layout) {
    return Converter({4, 4, channels, dtype, layout}, nullptr).keeps_bytes();
  };
  EXPECT_TRUE(keeps(3, DType::u8, Layout::nhwc));
  EXPECT_TRUE(keeps(1, DType::u8, Layout::nchw));
  EXPECT_FALSE(keeps(3, DType::u8, Layout::nchw));
  EXPECT_FALSE(keeps(1, DType::f16, Layout::nhwc));
}

}  // namespace
}  // namespace slabring
