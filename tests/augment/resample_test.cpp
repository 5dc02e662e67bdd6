#include "augment/resample.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "augment/every_target.hpp"
#include "base/names.hpp"
#include "slabring/transform.hpp"

namespace slabring {
namespace {

std::string words(const AxisScale& scale) {
  return std::string(to_string(scale.interpolation)) + " " + std::to_string(scale.in) + " to " +
         std::to_string(scale.out) + ", " + std::to_string(scale.count) + " from " + std::to_string(scale.first);
}

// ---- what is resampled ----

std::vector<AxisScale> scales_with_every_filter(std::initializer_list<std::pair<int, int>> sizes) {
  std::vector<AxisScale> scales;
  for (std::size_t i = 0; i < names_of<Interpolation>().size(); ++i) {
    for (const auto& [in, out] : sizes) {
      scales.push_back({in, out, 0, out, static_cast<Interpolation>(i)});
      scales.push_back({in, out, out / 3, out / 2 + 1, static_cast<Interpolation>(i)});
    }
  }
  return scales;
}

const std::vector<AxisScale> usual = scales_with_every_filter(
    {{300, 224}, {224, 300}, {1, 1}, {1, 9}, {9, 1}, {2, 3}, {5, 4}, {100, 7}, {7, 100}, {64, 32}, {200, 47}});
const std::vector<AxisScale> extreme{{65'500, 1, 0, 1, Interpolation::bilinear},
                                     {65'500, 1, 0, 1, Interpolation::box},
                                     {65'500, 224, 0, 224, Interpolation::lanczos},
                                     {65'500, 65'499, 65'000, 499, Interpolation::bicubic},
                                     {1, 65'500, 0, 65'500, Interpolation::bilinear}};

AxisScale random_scale(RandomStream& random) {
  AxisScale scale;
  scale.in = static_cast<int>(1 + random.below(400));
  scale.out = static_cast<int>(1 + random.below(400));
  scale.first = static_cast<int>(random.below(static_cast<std::uint64_t>(scale.out)));
  scale.count = static_cast<int>(1 + random.below(static_cast<std::uint64_t>(scale.out - scale.first)));
  scale.interpolation = static_cast<Interpolation>(random.below(names_of<Interpolation>().size()));
  return scale;
}

// The patterns that go furthest beyond 0 and 255, and those that hide nothing.
enum class Pattern : std::uint8_t { noise, black_and_white, checkerboard, white, zone_plate };
constexpr std::array patterns{Pattern::noise, Pattern::black_and_white, Pattern::checkerboard, Pattern::white,
                              Pattern::zone_plate};

std::uint8_t value_of_pattern(Pattern pattern, std::uint8_t noise, std::uint64_t x, std::uint64_t y) {
  switch (pattern) {
    case Pattern::noise: return noise;
    case Pattern::black_and_white: return noise < 128 ? 0 : 255;
    case Pattern::checkerboard: return (x + y) % 2 == 0 ? 0 : 255;
    case Pattern::white: return 255;
    case Pattern::zone_plate: break;
  }
  return (x * x + y * y) / 256 % 2 == 0 ? 0 : 255;
}

/// Rows in memory of their own, so that sanitizers see what is read too far; each begins at another alignment.
class Rows {
 public:
  Rows(int count, std::size_t bytes, std::size_t beyond, Pattern pattern, int channels = 1) {
    std::minstd_rand random(static_cast<std::uint32_t>(bytes + 1));
    for (int y = 0; y < count; ++y) {
      const std::size_t shift = random() % 32;
      std::vector<std::uint8_t>& row = memory_.emplace_back(shift + bytes + beyond);
      for (std::size_t i = 0; i < row.size(); ++i) {
        const std::uint64_t x = (i - shift) / static_cast<std::uint64_t>(channels);
        row[i] = value_of_pattern(pattern, static_cast<std::uint8_t>(random() >> 8), x, static_cast<std::uint64_t>(y));
      }
      pointers_.push_back(row.data() + shift);
    }
  }
  const std::uint8_t* const* data() const { return pointers_.data(); }

 private:
  std::vector<std::vector<std::uint8_t>> memory_;
  std::vector<const std::uint8_t*> pointers_;
};

// ---- the plain kernels against sums without any limit ----

std::uint8_t rounded_byte(std::int64_t sum) {
  constexpr std::int64_t half = std::int64_t{1} << (weight_bits - 1);
  return static_cast<std::uint8_t>(std::clamp<std::int64_t>((sum + half) >> weight_bits, 0, 255));
}

TEST(PlainResampleRow, EqualsTheSumIn64Bits) {
  AxisFilter filter;
  for (const AxisScale& scale : usual) {
    filter.prepare(scale);
    const PixelSpan support = scale.support();
    for (int channels = 1; channels <= 4; ++channels) {
      const auto bytes = static_cast<std::size_t>((support.end - support.begin) * channels);
      const Rows rows(1, bytes, 0, Pattern::black_and_white);
      std::vector<std::uint8_t> expected;
      for (int i = 0; i < scale.count * channels; ++i) {
        std::int64_t sum = 0;
        for (int tap = 0; tap < filter.taps(); ++tap) {
          const int from = (filter.starts()[i / channels] + tap) * channels + i % channels;
          sum += std::int64_t{rows.data()[0][from]} * filter.weights(i / channels)[tap];
        }
        expected.push_back(rounded_byte(sum));
      }
      std::vector<std::uint8_t> out(expected.size());
      plain::resample_row(rows.data()[0], channels, filter, scale.count, out.data());
      ASSERT_EQ(out, expected) << words(scale);
    }
  }
}

TEST(PlainBlendRows, EqualsTheSumIn64Bits) {
  AxisFilter filter;
  for (const AxisScale& scale : usual) {
    filter.prepare(scale);
    const Rows rows(filter.taps(), 40, 0, Pattern::black_and_white);
    for (int y = 0; y < scale.count; ++y) {
      std::vector<std::uint8_t> expected;
      for (int x = 0; x < 40; ++x) {
        std::int64_t sum = 0;
        for (int tap = 0; tap < filter.taps(); ++tap) {
          sum += std::int64_t{rows.data()[tap][x]} * filter.weights(y)[tap];
        }
        expected.push_back(rounded_byte(sum));
      }
      std::vector<std::uint8_t> out(expected.size());
      plain::blend_rows(rows.data(), filter, y, out.size(), out.data());
      ASSERT_EQ(out, expected) << words(scale);
    }
  }
}

// ---- the kernels of every instruction set against the plain ones ----

class ResampleRows : public test::EveryTarget {
 protected:
  void expect_plain_bytes(const AxisScale& scale, int channels, Pattern pattern) {
    filter_.prepare(scale, channels);
    const PixelSpan support = scale.support();
    const auto bytes = static_cast<std::size_t>((support.end - support.begin) * channels);
    const Rows rows(rows_at_once, bytes, bytes_beyond_row, pattern, channels);
    std::array<std::vector<std::uint8_t>, rows_at_once> out;
    std::array<std::uint8_t*, rows_at_once> pointers;
    for (std::size_t r = 0; r < rows_at_once; ++r) {
      out[r].assign(filter_.out_bytes() + bytes_beyond_row, 0xa5);
      pointers[r] = out[r].data();
    }
    resample_rows(rows.data(), filter_, pointers.data());
    std::vector<std::uint8_t> expected(filter_.out_bytes());
    for (std::size_t r = 0; r < rows_at_once; ++r) {
      plain::resample_row(rows.data()[r], channels, filter_.axis(), scale.count, expected.data());
      out[r].resize(expected.size());
      ASSERT_EQ(out[r], expected) << words(scale) << ", " << channels << " channels, row " << r;
    }
  }

 private:
  RowFilter filter_;  // for all of a test's scales: nothing of one may reach the next
};

TEST_P(ResampleRows, EqualThePlainOnesForEveryFilterChannelsAndPattern) {
  for (const AxisScale& scale : usual) {
    for (int channels = 1; channels <= 4; ++channels) {
      for (const Pattern pattern : patterns) ASSERT_NO_FATAL_FAILURE(expect_plain_bytes(scale, channels, pattern));
    }
  }
}

TEST_P(ResampleRows, EqualThePlainOnesForTheLongestRows) {
  for (const AxisScale& scale : extreme) {
    for (const int channels : {1, 3}) {
      ASSERT_NO_FATAL_FAILURE(expect_plain_bytes(scale, channels, Pattern::black_and_white));
    }
  }
}

TEST_P(ResampleRows, EqualThePlainOnesForRandomScales) {
  RandomStream random(1, SampleId{2}, 3);
  for (int i = 0; i < 500; ++i) {
    const AxisScale scale = random_scale(random);
    ASSERT_NO_FATAL_FAILURE(expect_plain_bytes(scale, 1 + i % 4, patterns[random.below(patterns.size())]));
  }
}

INSTANTIATE_TEST_SUITE_P(, ResampleRows, ::testing::ValuesIn(kernel_targets()), test::target_name);

class BlendRows : public test::EveryTarget {
 protected:
  void expect_plain_bytes(const AxisScale& scale, std::size_t bytes, Pattern pattern) {
    filter_.prepare(scale);
    const Rows rows(2 * filter_.pairs(), bytes, 0, pattern);
    for (const int y : {0, scale.count / 2, scale.count - 1}) {
      std::vector<std::uint8_t> expected(bytes);
      plain::blend_rows(rows.data(), filter_, y, bytes, expected.data());
      std::vector<std::uint8_t> out(bytes);
      blend_rows(rows.data(), filter_, y, bytes, out.data());
      ASSERT_EQ(out, expected) << words(scale) << ", " << bytes << " bytes, row " << y;
    }
  }

 private:
  AxisFilter filter_;
};

TEST_P(BlendRows, EqualThePlainOnesForEveryFilterAndPattern) {
  for (const AxisScale& scale : usual) {
    for (const Pattern pattern : patterns) ASSERT_NO_FATAL_FAILURE(expect_plain_bytes(scale, 100, pattern));
  }
}

TEST_P(BlendRows, EqualThePlainOnesForEveryLength) {
  for (std::size_t bytes = 1; bytes <= 200; ++bytes) {
    ASSERT_NO_FATAL_FAILURE(expect_plain_bytes({50, 20, 0, 20, Interpolation::bicubic}, bytes, Pattern::noise));
  }
}

TEST_P(BlendRows, EqualThePlainOnesForTheTallestImages) {
  for (const AxisScale& scale : extreme) {
    ASSERT_NO_FATAL_FAILURE(expect_plain_bytes(scale, 3, Pattern::black_and_white));
    ASSERT_NO_FATAL_FAILURE(expect_plain_bytes(scale, 33, Pattern::black_and_white));
  }
}

INSTANTIATE_TEST_SUITE_P(, BlendRows, ::testing::ValuesIn(kernel_targets()), test::target_name);

// ---- tables ----

TEST(RowFilter, IsKeptForTheNextImageOfTheSameSizeAndChannels) {
  const AxisScale scale{300, 224, 0, 224, Interpolation::lanczos};
  RowFilter filter;
  filter.prepare(scale, 3);
  const_cast<RowFilter::Weights*>(filter.weights(0))->high[0] = 12345;
  filter.prepare(scale, 3);
  EXPECT_EQ(filter.weights(0)->high[0], 12345);
  filter.prepare(scale, 4);
  EXPECT_NE(filter.weights(0)->high[0], 12345);
}

TEST(RowFilter, BlocksAreFourBytesUnlessTheirSourceLiesTooFarApart) {
  const auto block_bytes = [](int in, int channels) {
    RowFilter filter;
    filter.prepare({in, 100, 0, 100, Interpolation::bilinear}, channels);
    return filter.block_bytes();
  };
  EXPECT_EQ(block_bytes(400, 3), 4);
  EXPECT_EQ(block_bytes(500, 3), 3);
  EXPECT_EQ(block_bytes(400, 1), 4);
  EXPECT_EQ(block_bytes(500, 1), 1);
  EXPECT_EQ(block_bytes(9000, 4), 4);
}

}  // namespace
}  // namespace slabring
