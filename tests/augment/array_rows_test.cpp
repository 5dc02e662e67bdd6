#include "augment/array_rows.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <vector>

#include "augment/convert.hpp"
#include "augment/program.hpp"
#include "augment/scratch.hpp"
#include "base/sample_failure.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

template <class T>
ArrayView view_of(const std::vector<T>& values, DType dtype) {
  return {reinterpret_cast<const std::byte*>(values.data()), dtype, {static_cast<std::int64_t>(values.size())}};
}

template <class To, class From>
std::vector<To> written(const std::vector<From>& values, DType from, DType to, const Standardize* how = nullptr) {
  const ArrayView array = view_of(values, from);
  std::vector<To> row(values.size());
  ArrayWriter({from, array.shape}, to, how).write(array, reinterpret_cast<std::byte*>(row.data()));
  return row;
}

TEST(ArrayRows, ValuesAreKeptOrConvertedToTheNearest) {
  EXPECT_THAT((written<float>(std::vector<float>{1.5F, -2.0F}, DType::f32, DType::f32)), ElementsAre(1.5F, -2.0F));
  EXPECT_THAT((written<float>(std::vector<std::uint8_t>{0, 255}, DType::u8, DType::f32)), ElementsAre(0.0F, 255.0F));
  EXPECT_THAT((written<std::int64_t>(std::vector<std::int16_t>{-7, 32767}, DType::i16, DType::i64)),
              ElementsAre(-7, 32767));
  EXPECT_THAT((written<double>(std::vector<std::int64_t>{-1, 1LL << 40}, DType::i64, DType::f64)),
              ElementsAre(-1.0, std::ldexp(1.0, 40)));
  EXPECT_THAT((written<std::uint16_t>(std::vector<float>{0.1F, 1e6F}, DType::f32, DType::f16)),
              ElementsAre(to_half(0.1F), 0x7c00));
  EXPECT_THAT((written<float>(std::vector<std::uint16_t>{0x3c00, 0xc000}, DType::f16, DType::f32)),
              ElementsAre(1.0F, -2.0F));
  EXPECT_THAT((written<BFloat16>(std::vector<float>{0.1F}, DType::f32, DType::bf16)), ElementsAre(to_bfloat16(0.1F)));
}

TEST(ArrayRows, DoublesBecomeHalvesInOneRounding) {
  // Just above the middle between two halves; rounded to float first it is the middle, which goes to the even one.
  const double above = 1.0 + std::ldexp(1.0, -11) + std::ldexp(1.0, -40);
  const double below = 1.0 + 3 * std::ldexp(1.0, -11) - std::ldexp(1.0, -40);
  EXPECT_THAT((written<std::uint16_t>(std::vector<double>{above, -above, below}, DType::f64, DType::f16)),
              ElementsAre(0x3c01, 0xbc01, 0x3c01));
  EXPECT_THAT((written<std::uint16_t>(std::vector<double>{1e300, std::numeric_limits<double>::infinity()}, DType::f64,
                                      DType::f16)),
              ElementsAre(0x7c00, 0x7c00));
}

TEST(ArrayRows, OnlyTypesThatHoldEveryValueAreConvertedTo) {
  for (int from = 0; from <= static_cast<int>(DType::u64); ++from) {
    EXPECT_TRUE(can_convert(static_cast<DType>(from), static_cast<DType>(from)));
    for (const DType to : {DType::f16, DType::bf16, DType::f32, DType::f64}) {
      EXPECT_TRUE(can_convert(static_cast<DType>(from), to));
    }
  }
  EXPECT_TRUE(can_convert(DType::u8, DType::i16));
  EXPECT_TRUE(can_convert(DType::u32, DType::i64));
  EXPECT_FALSE(can_convert(DType::f32, DType::i64));
  EXPECT_FALSE(can_convert(DType::i8, DType::u64));
  EXPECT_FALSE(can_convert(DType::i64, DType::i32));
  EXPECT_FALSE(can_convert(DType::u8, DType::i8));
}

TEST(ArrayRows, StandardizedRowsHaveMeanZeroAndDeviationOne) {
  std::vector<float> values;
  for (int i = 0; i < 101; ++i) values.push_back(static_cast<float>(i * i % 37) + 1000.0F);
  const Standardize standardize;
  const std::vector<double> row = written<double>(values, DType::f32, DType::f64, &standardize);
  double mean = 0.0;
  for (const float value : values) mean += static_cast<double>(value) / 101.0;
  double variance = 0.0;
  for (const float value : values)
    variance += (static_cast<double>(value) - mean) * (static_cast<double>(value) - mean);
  const double deviation = std::sqrt(variance / 101.0);
  for (std::size_t i = 0; i < values.size(); ++i) {
    EXPECT_NEAR(row[i], (static_cast<double>(values[i]) - mean) / (deviation + 1e-8), 1e-12);
  }
  const std::vector<float> floats = written<float>(values, DType::f32, DType::f32, &standardize);
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(floats[i], static_cast<float>(row[i]));
}

TEST(ArrayRows, StandardizedConstantsAreZero) {
  const Standardize standardize;
  EXPECT_THAT((written<float>(std::vector<std::uint8_t>(9, 7), DType::u8, DType::f32, &standardize)),
              testing::Each(0.0F));
}

TEST(ArrayRows, AnotherShapeOrTypeIsThatSamplesFault) {
  const ArrayWriter writer({DType::f32, {3}}, DType::f32, nullptr);
  const std::vector<float> four(4);
  std::vector<std::byte> row(16);
  const auto refusal = [&](const ArrayView& array) -> std::string {
    try {
      writer.write(array, row.data());
      return "not refused";
    } catch (const SampleFailure& failure) {
      EXPECT_EQ(failure.status(), SampleStatus::wrong_shape);
      return failure.what();
    }
  };
  EXPECT_EQ(refusal(view_of(four, DType::f32)), "the sample is f32 [4]; the dataset's samples are f32 [3]");
  EXPECT_THAT(refusal({row.data(), DType::i32, {3}}), HasSubstr("i32 [3]"));
}

// ---- through a Program ----

Program program_for(const Pipeline& pipeline, DType dtype, const ArrayForm& form) {
  return {pipeline, dtype, Layout::nchw, source_shape({}, form)};
}

std::string refusal(const Pipeline& pipeline, DType dtype, const ArrayForm& form) {
  try {
    program_for(pipeline, dtype, form);
    return "not refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::pipeline);
    return error.what();
  }
}

TEST(ArrayProgram, WithoutTransformsRowsHaveTheArraysShape) {
  const Program program = program_for({}, DType::f16, {DType::f32, {2, 5, 7}});
  ASSERT_TRUE(program.keeps_arrays());
  EXPECT_EQ(program.row_shape().array, (Axes{2, 5, 7}));
  EXPECT_EQ(program.row_shape().bytes(), 140U);
  EXPECT_EQ(program.row_shape().dtype, DType::f16);
  EXPECT_EQ(program_for({}, DType::i64, {DType::i64, {}}).row_shape().bytes(), 8U);
}

TEST(ArrayProgram, TransformsTakeBytesAsImages) {
  const Program program = program_for({CenterCrop(4)}, DType::f32, {DType::u8, {6, 8, 3}});
  EXPECT_FALSE(program.keeps_arrays());
  EXPECT_EQ(program.row_shape(), (RowShape{4, 4, 3, DType::f32, Layout::nchw}));
  EXPECT_EQ(program_for({RandomHorizontalFlip()}, DType::u8, {DType::u8, {6, 8}}).row_shape(),
            (RowShape{6, 8, 1, DType::u8, Layout::nchw}));
  std::vector<std::uint8_t> bytes(6 * 8 * 3);
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<std::uint8_t>(i);
  const auto* const image_bytes = reinterpret_cast<const std::byte*>(bytes.data());
  const ImageView image = program.image_of({image_bytes, DType::u8, {6, 8, 3}});
  EXPECT_EQ(image.row(2)[5], 2 * 24 + 5);
  EXPECT_THROW(program.image_of({image_bytes, DType::u8, {6, 8}}), SampleFailure);
}

TEST(ArrayProgram, WhatCannotBeIsRefusedAtTheStart) {
  EXPECT_THAT(refusal({CenterCrop(4)}, DType::f32, {DType::f32, {6, 8}}),
              AllOf(HasSubstr("transform 0, CenterCrop"), HasSubstr("f32 [6, 8]")));
  EXPECT_THAT(refusal({}, DType::u8, {DType::f32, {6}}), AllOf(HasSubstr("dtype is u8"), HasSubstr("f32 [6]")));
  EXPECT_THAT(refusal({Standardize()}, DType::i64, {DType::f32, {6}}), HasSubstr("gives fractions"));
  EXPECT_THAT(refusal({Standardize(-1.0)}, DType::f32, {DType::f32, {6}}), HasSubstr("epsilon -1"));
  EXPECT_THAT(refusal({CenterCrop(4)}, DType::f64, {DType::u8, {6, 8}}), HasSubstr("dtype is f64"));
}

TEST(ArrayProgram, ImagesAreStandardizedAsAWhole) {
  const std::vector<std::uint8_t> bytes{0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 255};
  const Program program({Standardize()}, DType::f32, Layout::nchw, RowShape{2, 2, 3, DType::u8, Layout::nhwc});
  SamplePlan plan;
  AugmentScratch scratch;
  std::vector<float> row(12);
  program.plan(2, 2, {}, plan);
  program.run(plan, {bytes.data(), 2, 2, 3, 6}, reinterpret_cast<std::byte*>(row.data()), scratch);
  double sum = 0.0;
  double squares = 0.0;
  for (const float value : row) {
    sum += static_cast<double>(value);
    squares += static_cast<double>(value) * static_cast<double>(value);
  }
  EXPECT_NEAR(sum, 0.0, 1e-5);
  EXPECT_NEAR(squares / 12.0, 1.0, 1e-5);
  EXPECT_GT(row[11], row[0]);
}

}  // namespace
}  // namespace slabring
