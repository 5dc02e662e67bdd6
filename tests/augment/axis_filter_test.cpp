#include "augment/axis_filter.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <numeric>
#include <vector>

#include "base/names.hpp"

namespace slabring {
namespace {

constexpr int one = 1 << weight_bits;

std::vector<AxisScale> scales() {
  std::vector<AxisScale> all;
  for (std::size_t i = 0; i < names_of<Interpolation>().size(); ++i) {
    const auto interpolation = static_cast<Interpolation>(i);
    for (const auto& [in, out] :
         {std::pair(300, 224), {224, 300}, {1, 9}, {9, 1}, {5, 4}, {100, 7}, {7, 100}, {64, 32}}) {
      all.push_back({in, out, 0, out, interpolation});
      all.push_back({in, out, out / 3, out / 2 + 1, interpolation});
    }
  }
  return all;
}

TEST(AxisFilter, WeightsOfAPixelAddUpToOne) {
  AxisFilter filter;
  for (const AxisScale& scale : scales()) {
    filter.prepare(scale);
    for (int i = 0; i < scale.count; ++i) {
      const std::int32_t* weights = filter.weights(i);
      EXPECT_NEAR(std::accumulate(weights, weights + filter.taps(), 0), one, filter.taps());
    }
  }
}

TEST(AxisFilter, TapsStayInsideTheSupportAndNeverGoBack) {
  AxisFilter filter;
  for (const AxisScale& scale : scales()) {
    filter.prepare(scale);
    const PixelSpan support = scale.support();
    ASSERT_GE(support.begin, 0);
    ASSERT_LE(support.end, scale.in);
    ASSERT_GE(filter.starts()[0], 0);
    ASSERT_LE(filter.starts()[scale.count - 1] + filter.taps(), support.end - support.begin);
    ASSERT_TRUE(std::is_sorted(filter.starts(), filter.starts() + scale.count));
  }
}

TEST(AxisFilter, AWindowHasTheWeightsOfTheWhole) {
  AxisFilter whole;
  AxisFilter window;
  whole.prepare({300, 224, 0, 224, Interpolation::bicubic});
  window.prepare({300, 224, 100, 20, Interpolation::bicubic});
  const int begin = AxisScale{300, 224, 100, 20, Interpolation::bicubic}.support().begin;
  ASSERT_EQ(whole.taps(), window.taps());
  for (int i = 0; i < 20; ++i) {
    EXPECT_EQ(whole.starts()[100 + i], begin + window.starts()[i]);
    EXPECT_TRUE(std::equal(window.weights(i), window.weights(i) + window.taps(), whole.weights(100 + i)));
  }
}

TEST(AxisFilter, IsKeptForTheNextImageOfTheSameSize) {
  AxisFilter filter;
  filter.prepare({300, 224, 0, 224, Interpolation::lanczos});
  const_cast<std::int32_t*>(filter.weights())[0] = 12345;
  filter.prepare({300, 224, 0, 224, Interpolation::lanczos});
  EXPECT_EQ(filter.weights()[0], 12345);
  filter.prepare({301, 224, 0, 224, Interpolation::lanczos});
  EXPECT_NE(filter.weights()[0], 12345);
}

// The kernels split weights into 16-bit parts and add in 32 bits.
TEST(AxisFilter, NoWeightReachesTwoAndNoSumOverflows) {
  AxisFilter filter;
  for (std::size_t i = 0; i < names_of<Interpolation>().size(); ++i) {
    for (int in = 1; in <= 40; ++in) {
      for (int out = 1; out <= 40; ++out) {
        filter.prepare({in, out, 0, out, static_cast<Interpolation>(i)});
        for (int pixel = 0; pixel < out; ++pixel) {
          std::int64_t largest_sum = one / 2;
          for (int tap = 0; tap < filter.taps(); ++tap) {
            const std::int64_t size = std::abs(filter.weights(pixel)[tap]);
            ASSERT_LT(size, 2 * one) << in << " to " << out;
            largest_sum += 255 * size;
          }
          ASSERT_LE(largest_sum, std::int64_t{0x7fffffff}) << in << " to " << out;
        }
      }
    }
  }
}

int signed_half(std::int32_t pair, int half) {
  return static_cast<std::int16_t>(static_cast<std::uint32_t>(pair) >> (16 * half) & 0xffff);
}

TEST(AxisFilter, PairsAreTheWeightsInTwoParts) {
  AxisFilter filter;
  for (const AxisScale& scale : scales()) {
    filter.prepare(scale);
    for (int i = 0; i < scale.count; ++i) {
      for (int tap = 0; tap < 2 * filter.pairs(); ++tap) {
        const WeightPair& pair = filter.weight_pairs(i)[tap / 2];
        const int expected = tap < filter.taps() ? filter.weights(i)[tap] : 0;
        ASSERT_EQ(signed_half(pair.high, tap % 2) * 256 + signed_half(pair.low, tap % 2), expected);
      }
    }
  }
}

}  // namespace
}  // namespace slabring
