#include "synth/noise.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace slabring::cli {
namespace {

/// In grey levels.
double deviation_of(const Plane& plane) {
  double sum = 0;
  double squares = 0;
  for (int y = 0; y < plane.height(); ++y) {
    for (const std::int16_t value : plane.row(y)) {
      const double level = value / static_cast<double>(Plane::one_level);
      sum += level;
      squares += level * level;
    }
  }
  const double count = static_cast<double>(plane.width()) * plane.height();
  return std::sqrt(squares / count - (sum / count) * (sum / count));
}

/// Means of 2x2 pixels.
Plane halved(const Plane& plane) {
  Plane half(plane.width() / 2, plane.height() / 2);
  for (int y = 0; y < half.height(); ++y) {
    for (std::size_t x = 0; x < half.row(y).size(); ++x) {
      const int sum = plane.row(2 * y)[2 * x] + plane.row(2 * y)[2 * x + 1] + plane.row(2 * y + 1)[2 * x] +
                      plane.row(2 * y + 1)[2 * x + 1];
      half.row(y)[x] = static_cast<std::int16_t>(sum / 4);
    }
  }
  return half;
}

RandomStream stream(std::uint64_t seed = 1) { return {seed, SampleId{0}, 0}; }

TEST(Noise, HasTheDeviationAskedFor) {
  for (const double levels : {1.0, 10.0, 60.0}) {
    Plane plane(201, 99);
    auto random = stream();
    add_noise(plane, levels, nullptr, random);
    EXPECT_NEAR(deviation_of(plane), levels, 0.03 * levels + 0.05);
  }
}

TEST(Noise, IsScaledByTheStrengthOfThePlace) {
  Plane strength(2, 1);
  strength.row(0)[0] = 0;
  strength.row(0)[1] = 512;
  Plane plane(100, 50);
  auto random = stream();
  add_noise(plane, 10, &strength, random);
  double squares = 0;
  for (int y = 0; y < plane.height(); ++y) {
    const auto row = plane.row(y);
    for (std::size_t x = 0; x < 50; ++x) ASSERT_EQ(row[x], 0);
    for (std::size_t x = 50; x < 100; ++x) squares += std::pow(row[x] / static_cast<double>(Plane::one_level), 2);
  }
  EXPECT_NEAR(std::sqrt(squares / 2500), 20, 1);
}

TEST(Noise, UpsamplingKeepsConstantsAndRampsAtEverySize) {
  for (int width = 1; width < 20; ++width) {
    const int coarse_width = (width + 1) / 2;
    Plane coarse(coarse_width, 3);
    for (int y = 0; y < 3; ++y)
      for (std::size_t x = 0; x < coarse.row(y).size(); ++x) coarse.row(y)[x] = static_cast<std::int16_t>(64 * x + 7);
    const Plane fine = upsampled(coarse, width, 6);
    for (int x = 1; x + 2 < width; ++x) {
      const int centre = 32 * x - 16 + 7;  // between pixel centres, 64 apart in the coarse plane
      ASSERT_EQ(fine.row(2)[static_cast<std::size_t>(x)], centre) << "width " << width << " x " << x;
    }
    ASSERT_EQ(fine.row(0)[0], 7);
    if (width % 2 == 0) {
      ASSERT_EQ(fine.row(5).back(), 64 * (coarse_width - 1) + 7);
    }
  }
}

TEST(Noise, EveryOctaveHasAboutTheSameVariance) {
  const std::vector<double> levels(6, 12.0);
  auto random = stream();
  Plane plane = octave_noise(512, 384, levels, nullptr, random);
  double finest = 0;
  for (int octave = 0; octave < 4; ++octave) {
    const Plane coarse = halved(plane);
    const double detail = std::sqrt(std::pow(deviation_of(plane), 2) - std::pow(deviation_of(coarse), 2));
    if (octave == 0) finest = detail;
    EXPECT_NEAR(detail / finest, 1, 0.4) << "octave " << octave;
    plane = coarse;
  }
}

TEST(Noise, IsAFunctionOfTheStream) {
  const std::vector<double> levels = {3, 4, 5};
  auto one = stream(1);
  auto same = stream(1);
  auto other = stream(2);
  const Plane a = octave_noise(33, 17, levels, nullptr, one);
  const Plane b = octave_noise(33, 17, levels, nullptr, same);
  const Plane c = octave_noise(33, 17, levels, nullptr, other);
  bool differs = false;
  for (int y = 0; y < 17; ++y) {
    for (std::size_t x = 0; x < 33; ++x) {
      ASSERT_EQ(a.row(y)[x], b.row(y)[x]);
      differs = differs || a.row(y)[x] != c.row(y)[x];
    }
  }
  EXPECT_TRUE(differs);
}

}  // namespace
}  // namespace slabring::cli
