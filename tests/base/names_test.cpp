#include "base/names.hpp"

#include <gtest/gtest.h>

namespace slabring {
namespace {

TEST(Names, AreTheWordsOfTheCommandLine) {
  EXPECT_EQ(to_string(DType::u8), "u8");
  EXPECT_EQ(to_string(DType::f16), "f16");
  EXPECT_EQ(to_string(DType::f32), "f32");
  EXPECT_EQ(to_string(Layout::nchw), "nchw");
  EXPECT_EQ(to_string(Layout::nhwc), "nhwc");
  EXPECT_EQ(to_string(PaddingMode::constant), "constant");
  EXPECT_EQ(to_string(PaddingMode::symmetric), "symmetric");
  EXPECT_EQ(to_string(StartMethod::forkserver), "forkserver");
  EXPECT_EQ(to_string(StartMethod::spawn), "spawn");
  EXPECT_EQ(to_string(StartMethod::fork), "fork");
  EXPECT_EQ(to_string(OnError::raise), "throw");
  EXPECT_EQ(to_string(OnError::mask), "mask");
  EXPECT_EQ(to_string(JpegScale::exact), "exact");
}

TEST(Names, OfInterpolationsArePillows) {
  EXPECT_EQ(to_string(Interpolation::nearest), "nearest");
  EXPECT_EQ(to_string(Interpolation::box), "box");
  EXPECT_EQ(to_string(Interpolation::bilinear), "bilinear");
  EXPECT_EQ(to_string(Interpolation::hamming), "hamming");
  EXPECT_EQ(to_string(Interpolation::bicubic), "bicubic");
  EXPECT_EQ(to_string(Interpolation::lanczos), "lanczos");
}

TEST(Names, OfValuesOutsideTheEnumAreUnknown) { EXPECT_EQ(to_string(static_cast<DType>(200)), "unknown"); }

template <class Enum>
void expect_round_trip() {
  for (const std::string_view name : names_of<Enum>()) {
    const std::optional<Enum> value = value_of<Enum>(name);
    ASSERT_TRUE(value.has_value()) << name;
    EXPECT_EQ(to_string(*value), name);
  }
  EXPECT_FALSE(value_of<Enum>("").has_value());
  EXPECT_FALSE(value_of<Enum>("U8").has_value());
}

TEST(Names, AreReadBack) {
  expect_round_trip<DType>();
  expect_round_trip<Layout>();
  expect_round_trip<Interpolation>();
  expect_round_trip<StartMethod>();
  expect_round_trip<JpegScale>();
  expect_round_trip<OnError>();
}

TEST(Names, AreJoinedForMessages) {
  EXPECT_EQ(joined(names_of<DType>()), "u8, f16, f32, bf16, f64, i8, i16, i32, i64, u16, u32, u64");
}

}  // namespace
}  // namespace slabring
