#include "augment/line_kernels.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <vector>

#include "augment/convert.hpp"
#include "augment/every_target.hpp"
#include "slabring/transform.hpp"

namespace slabring {
namespace {

std::vector<std::uint8_t> noise(std::size_t bytes) {
  std::vector<std::uint8_t> values(bytes);
  RandomStream random(bytes, SampleId{0}, 0);
  for (std::uint8_t& value : values) value = static_cast<std::uint8_t>(random.bits() >> 32);
  return values;
}

class ArrangePixels : public test::EveryTarget {};

TEST_P(ArrangePixels, EqualsThePlainOneForEveryWidthAndOrder) {
  for (std::size_t width = 1; width <= 130; ++width) {
    for (std::size_t channels = 1; channels <= 4; ++channels) {
      const std::vector<std::uint8_t> line = noise(width * channels);
      for (const bool mirrored : {false, true}) {
        for (const bool planar : {false, true}) {
          const std::size_t plane = width + width % 7;
          const PixelOrder order{channels, mirrored, planar, plane};
          std::vector<std::uint8_t> expected(plane * (channels - 1) + width * (planar ? 1 : channels), 0xa5);
          std::vector<std::uint8_t> out = expected;
          plain::arrange_pixels(line.data(), width, order, expected.data());
          arrange_pixels(line.data(), width, order, out.data());
          ASSERT_EQ(out, expected) << width << " pixels of " << channels << ", mirrored " << mirrored << ", planar "
                                   << planar;
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, ArrangePixels, ::testing::ValuesIn(kernel_targets()), test::target_name);

/// A scaling with its tables, computed with the arithmetic that torchvision has.
struct Tables {
  Tables(const std::vector<float>& means, const std::vector<float>& deviations) {
    for (std::size_t c = 0; c < means.size(); ++c) {
      for (int byte = 0; byte < 256; ++byte) {
        f32.push_back((static_cast<float>(byte) / 255.0F - means[c]) / deviations[c]);
        f16.push_back(to_half(f32.back()));
        bf16.push_back(to_bfloat16(f32.back()));
      }
    }
    scaling.period = means.size();
    scaling.f32 = f32.data();
    scaling.f16 = f16.data();
    scaling.bf16 = bf16.data();
    prepare_lanes(means.data(), deviations.data(), scaling);
  }
  std::vector<float> f32;
  std::vector<std::uint16_t> f16;
  std::vector<BFloat16> bf16;
  Scaling scaling;
};

class ScaleBytes : public test::EveryTarget {
 protected:
  // The first byte whose bits differ, -1: none.
  template <class Value>
  static std::ptrdiff_t first_difference(const std::vector<std::uint8_t>& bytes, const Scaling& scaling) {
    std::vector<Value> expected(bytes.size());
    std::vector<Value> out(bytes.size());
    plain::scale_bytes(bytes.data(), bytes.size(), scaling, expected.data());
    scale_bytes(bytes.data(), bytes.size(), scaling, out.data());
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      if (std::memcmp(&out[i], &expected[i], sizeof(Value)) != 0) return static_cast<std::ptrdiff_t>(i);
    }
    return -1;
  }
};

TEST_P(ScaleBytes, ComputesWhatDivisionsGiveForEveryByteAndAnyMeanAndDeviation) {
  RandomStream random(1, SampleId{2}, 3);
  for (int i = 0; i < 2000; ++i) {
    const std::size_t period = 1 + static_cast<std::size_t>(i) % 4;
    std::vector<float> means;
    std::vector<float> deviations;
    for (std::size_t c = 0; c < period; ++c) {
      means.push_back(static_cast<float>(random.uniform(-0.5, 1.5)));
      deviations.push_back(static_cast<float>(random.uniform(0.01, 2.0)));
    }
    Tables tables(means, deviations);
    tables.scaling.computable = true;
    std::vector<std::uint8_t> bytes;
    for (std::size_t k = 0; k < 256 * period; ++k) bytes.push_back(static_cast<std::uint8_t>(k / period));
    ASSERT_EQ(first_difference<float>(bytes, tables.scaling), -1) << means[0] << " " << deviations[0];
  }
}

TEST_P(ScaleBytes, EqualsTheTablesForEveryLength) {
  const std::vector<float> means{0.485F, 0.456F, 0.406F, 0.5F};
  const std::vector<float> deviations{0.229F, 0.224F, 0.225F, 0.25F};
  for (std::size_t period = 1; period <= 4; ++period) {
    Tables tables(std::vector<float>(means.begin(), means.begin() + static_cast<std::ptrdiff_t>(period)),
                  std::vector<float>(deviations.begin(), deviations.begin() + static_cast<std::ptrdiff_t>(period)));
    for (const bool computable : {false, true}) {
      tables.scaling.computable = computable;
      for (std::size_t length = 1; length <= 130; ++length) {
        ASSERT_EQ(first_difference<float>(noise(length), tables.scaling), -1) << length << " of " << period;
        ASSERT_EQ(first_difference<BFloat16>(noise(length), tables.scaling), -1) << length << " of " << period;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, ScaleBytes, ::testing::ValuesIn(kernel_targets()), test::target_name);

}  // namespace
}  // namespace slabring
