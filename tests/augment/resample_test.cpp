#include "augment/resample.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <vector>

#include "augment/images.hpp"
#include "base/names.hpp"

namespace slabring {
namespace {

using test::Image;

constexpr int one = 1 << weight_bits;

std::uint8_t rounded_byte(std::int64_t sum) {
  return static_cast<std::uint8_t>(std::clamp<std::int64_t>((sum + one / 2) >> weight_bits, 0, 255));
}

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

// The obvious way, one sum at a time in 64 bits.
std::vector<std::uint8_t> plain_row(const Image& image, const AxisFilter& filter, int count) {
  std::vector<std::uint8_t> out;
  for (int i = 0; i < count; ++i) {
    for (int c = 0; c < image.channels; ++c) {
      std::int64_t sum = 0;
      for (int tap = 0; tap < filter.taps(); ++tap) {
        const auto index = static_cast<std::size_t>((filter.starts()[i] + tap) * image.channels + c);
        sum += std::int64_t{image.bytes[index]} * filter.weights(i)[tap];
      }
      out.push_back(rounded_byte(sum));
    }
  }
  return out;
}

TEST(ResampleRow, EqualsThePlainSumForAllChannelsAndScales) {
  AxisFilter filter;
  for (const AxisScale& scale : scales()) {
    filter.prepare(scale);
    const PixelSpan support = scale.support();
    for (int channels = 1; channels <= 4; ++channels) {
      Image image = test::noise(support.end - support.begin, 1, channels, 3);
      for (std::uint8_t& byte : image.bytes) byte = byte < 128 ? byte / 64 : 255;  // much to clamp
      const std::vector<std::uint8_t> expected = plain_row(image, filter, scale.count);
      std::vector<std::uint8_t> out(expected.size());
      resample_row(image.bytes.data(), channels, filter, scale.count, out.data());
      ASSERT_EQ(out, expected) << to_string(scale.interpolation) << " " << scale.in << " to " << scale.out;
    }
  }
}

TEST(BlendRows, EqualsThePlainSumForAllTapsAndLengths) {
  RandomStream random(1, SampleId{2}, 3);
  for (int taps = 1; taps <= 20; ++taps) {
    std::vector<std::int32_t> weights(static_cast<std::size_t>(taps));
    for (std::int32_t& weight : weights) weight = static_cast<std::int32_t>(random.uniform(-0.5, 1.0) * one / taps * 2);
    for (const int bytes : {1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 64, 100, 255, 256, 257, 600}) {
      const Image image = test::noise(bytes, taps, 1, static_cast<std::uint64_t>(bytes));
      std::vector<const std::uint8_t*> rows;
      for (int y = 0; y < taps; ++y) rows.push_back(image.view().row(y));
      std::vector<std::uint8_t> expected;
      for (int x = 0; x < bytes; ++x) {
        std::int64_t sum = 0;
        for (std::size_t tap = 0; tap < rows.size(); ++tap) sum += std::int64_t{rows[tap][x]} * weights[tap];
        expected.push_back(rounded_byte(sum));
      }
      std::vector<std::uint8_t> out(expected.size());
      blend_rows(rows.data(), weights.data(), taps, out.size(), out.data());
      ASSERT_EQ(out, expected) << taps << " taps, " << bytes << " bytes";
    }
  }
}

}  // namespace
}  // namespace slabring
