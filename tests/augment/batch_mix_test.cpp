#include "augment/batch_mix.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <vector>

#include "augment/convert.hpp"
#include "augment/program.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

using ::testing::HasSubstr;

constexpr RowShape square{16, 16, 3, DType::u8, Layout::nchw};

Pipeline with(std::vector<Transform> last) {
  last.insert(last.begin(), CenterCrop(16));
  return Pipeline(std::move(last));
}

std::string refusal(std::vector<Transform> last, DType dtype = DType::f32) {
  try {
    const Program program(with(std::move(last)), dtype, Layout::nchw);
  } catch (const Error& error) {
    return error.what();
  }
  return "taken";
}

TEST(BatchMix, IsInAProgramThatEndsWithOne) {
  EXPECT_EQ(Program(with({}), DType::u8, Layout::nchw).batch_mix(), nullptr);
  const Program mixup(with({Normalize::imagenet(), RandomErasing(), MixUp(7)}), DType::f32, Layout::nchw);
  ASSERT_NE(mixup.batch_mix(), nullptr);
  EXPECT_EQ(mixup.batch_mix()->classes(), 7);
  const Program either(with({RandomChoice({MixUp(9), CutMix(9)})}), DType::u8, Layout::nchw);
  ASSERT_NE(either.batch_mix(), nullptr);
  EXPECT_EQ(either.batch_mix()->classes(), 9);
}

TEST(BatchMixRefuses, PlacesWhereRowsAreNotFinished) {
  EXPECT_EQ(refusal({MixUp(3), Normalize::imagenet()}),
            "transform 1, MixUp: stands before Normalize; must be the last transform");
  EXPECT_EQ(refusal({CutMix(3), MixUp(3)}), "transform 1, CutMix: stands before MixUp; must be the last transform");
  EXPECT_EQ(refusal({RandomChoice({MixUp(3), CutMix(3)}), RandomErasing()}),
            "transform 1, RandomChoice: stands before RandomErasing; must be the last transform");
  EXPECT_EQ(refusal({RandomApply({MixUp(3)})}),
            "transform 1.0, MixUp: stands in a list, and works on finished rows; must stand in the pipeline itself, "
            "last, or in a RandomChoice there of nothing but MixUp and CutMix");
  EXPECT_THAT(refusal({RandomChoice({MixUp(3), RandomInvert()})}), HasSubstr("transform 1.0, MixUp: stands in a list"));
  EXPECT_THAT(refusal({RandomOrder({RandomChoice({MixUp(3)})})}), HasSubstr("transform 1.0, RandomChoice: stands in"));
}

TEST(BatchMixRefuses, ClassesThatDiffer) {
  EXPECT_EQ(refusal({RandomChoice({MixUp(3), CutMix(4)})}),
            "transform 1.1, CutMix: num_classes is 4, that of the one before it 3; must be the same");
}

MixDraw drawn(const Pipeline& pipeline, std::uint64_t key, std::uint64_t batch, const RowShape& shape = square) {
  const Program program(pipeline, DType::u8, Layout::nchw);
  return program.batch_mix()->draw(key, batch, shape);
}

TEST(BatchMixDraw, IsAFunctionOfEpochAndBatch) {
  const Pipeline pipeline = with({MixUp(3)});
  EXPECT_EQ(drawn(pipeline, 1, 2).lambda, drawn(pipeline, 1, 2).lambda);
  EXPECT_NE(drawn(pipeline, 1, 2).lambda, drawn(pipeline, 1, 3).lambda);
  EXPECT_NE(drawn(pipeline, 1, 2).lambda, drawn(pipeline, 2, 2).lambda);
}

TEST(BatchMixDraw, LambdaIsBetaDistributed) {
  for (const double alpha : {0.2, 1.0, 8.0}) {
    const Pipeline pipeline = with({MixUp(3, alpha)});
    const Program program(pipeline, DType::u8, Layout::nchw);
    double sum = 0.0;
    double squares = 0.0;
    constexpr int count = 20'000;
    for (std::uint64_t batch = 0; batch < count; ++batch) {
      const double lambda = static_cast<double>(program.batch_mix()->draw(5, batch, square).lambda);
      ASSERT_TRUE(lambda >= 0.0 && lambda <= 1.0);
      sum += lambda;
      squares += lambda * lambda;
    }
    const double mean = sum / count;
    EXPECT_NEAR(mean, 0.5, 0.01) << alpha;
    EXPECT_NEAR(squares / count - mean * mean, 1.0 / (4.0 * (2.0 * alpha + 1.0)), 0.005) << alpha;
  }
}

TEST(BatchMixDraw, OfAChoiceIsNowTheOneNowTheOther) {
  const Program program(with({RandomChoice({MixUp(3), CutMix(3)}, {1.0, 3.0})}), DType::u8, Layout::nchw);
  int pasted = 0;
  for (std::uint64_t batch = 0; batch < 4'000; ++batch) pasted += program.batch_mix()->draw(5, batch, square).pastes;
  EXPECT_NEAR(pasted, 3'000, 120);
}

TEST(BatchMixDraw, ABoxLiesInTheRowAndItsShareIsExact) {
  const RowShape shape{11, 37, 3, DType::u8, Layout::nchw};
  const Program program(with({CutMix(3)}), DType::u8, Layout::nchw);
  for (std::uint64_t batch = 0; batch < 2'000; ++batch) {
    const MixDraw draw = program.batch_mix()->draw(5, batch, shape);
    ASSERT_TRUE(draw.box.x >= 0 && draw.box.y >= 0 && draw.box.right() <= 37 && draw.box.bottom() <= 11);
    ASSERT_TRUE(draw.box.width >= 0 && draw.box.height >= 0);
    ASSERT_FLOAT_EQ(draw.lambda, 1.0F - static_cast<float>(draw.box.width * draw.box.height) / (11.0F * 37.0F));
  }
}

template <class Value>
std::vector<Value> mixed(const MixDraw& draw, const RowShape& shape, const std::vector<Value>& own,
                         const std::vector<Value>& partner) {
  std::vector<Value> row(own.size());
  mix_rows(draw, shape, reinterpret_cast<const std::byte*>(own.data()),
           reinterpret_cast<const std::byte*>(partner.data()), reinterpret_cast<std::byte*>(row.data()));
  return row;
}

TEST(MixRows, BytesAreRoundedToTheNearest) {
  const RowShape shape{1, 4, 1, DType::u8, Layout::nchw};
  const MixDraw quarter{false, 0.25F, 0.25, {}};
  using Bytes = std::vector<std::uint8_t>;
  EXPECT_EQ(mixed<std::uint8_t>(quarter, shape, Bytes{0, 255, 255, 2}, Bytes{0, 255, 0, 0}), (Bytes{0, 255, 64, 1}));
}

TEST(MixRows, FloatsAreSumsOfTwoProducts) {
  const RowShape shape{1, 2, 1, DType::f32, Layout::nchw};
  const MixDraw draw{false, 0.3F, static_cast<double>(0.3F), {}};
  const std::vector<float> row = mixed<float>(draw, shape, {1.5F, -2.0F}, {0.1F, 7.0F});
  const auto rest = static_cast<float>(1.0 - static_cast<double>(0.3F));
  EXPECT_EQ(row, (std::vector<float>{0.1F * rest + 1.5F * 0.3F, 7.0F * rest + -2.0F * 0.3F}));
}

TEST(MixRows, HalvesAreRoundedOnce) {
  const RowShape shape{1, 3, 1, DType::f16, Layout::nchw};
  const MixDraw draw{false, 0.3F, static_cast<double>(0.3F), {}};
  const std::vector<float> own{1.5F, -2.0F, 0.0007F};
  const std::vector<float> partner{0.1F, 7.0F, 3.0F};
  std::vector<std::uint16_t> half_own;
  std::vector<std::uint16_t> half_partner;
  std::vector<std::uint16_t> expected;
  for (std::size_t i = 0; i < own.size(); ++i) {
    half_own.push_back(to_half(own[i]));
    half_partner.push_back(to_half(partner[i]));
    expected.push_back(to_half(from_half(half_partner[i]) * (1.0F - 0.3F) + from_half(half_own[i]) * 0.3F));
  }
  EXPECT_EQ(mixed<std::uint16_t>(draw, shape, half_own, half_partner), expected);
}

TEST(MixRows, BFloat16sAreRoundedOnce) {
  const RowShape shape{1, 1, 1, DType::bf16, Layout::nchw};
  const BFloat16 own = to_bfloat16(1.5F);
  const BFloat16 partner = to_bfloat16(0.1F);
  const BFloat16 expected = to_bfloat16(from_bfloat16(partner) * (1.0F - 0.3F) + from_bfloat16(own) * 0.3F);
  EXPECT_EQ(mixed<BFloat16>({false, 0.3F, static_cast<double>(0.3F), {}}, shape, {own}, {partner}),
            std::vector<BFloat16>{expected});
}

TEST(MixRows, ABoxIsThePartnersInEveryLayout) {
  for (const Layout layout : {Layout::nchw, Layout::nhwc}) {
    const RowShape shape{5, 7, 3, DType::f32, layout};
    const std::vector<float> own(5 * 7 * 3, 1.0F);
    const std::vector<float> partner(5 * 7 * 3, 2.0F);
    const Rect box{2, 1, 4, 3};
    const std::vector<float> row = mixed<float>({true, 0.5F, 0.5, box}, shape, own, partner);
    for (int y = 0; y < 5; ++y) {
      for (int x = 0; x < 7; ++x) {
        for (int c = 0; c < 3; ++c) {
          const int at = layout == Layout::nchw ? (c * 5 + y) * 7 + x : (y * 7 + x) * 3 + c;
          const bool inside = x >= 2 && x < 6 && y >= 1 && y < 4;
          ASSERT_EQ(row[static_cast<std::size_t>(at)], inside ? 2.0F : 1.0F);
        }
      }
    }
  }
}

}  // namespace
}  // namespace slabring
