#include "base/portable_math.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>

namespace slabring {
namespace {

// The distance in units of the last place of `right`.
double ulps(double value, double right) {
  return std::abs(value - right) /
         (std::nextafter(std::abs(right), std::numeric_limits<double>::infinity()) - std::abs(right));
}

TEST(PortableMath, SineAndCosineAreThoseOfTheCLibraryToTheLastPlace) {
  for (int i = -20'000; i <= 20'000; ++i) {
    const double x = i * 0.00123456789;
    EXPECT_LE(ulps(portable::sin(x), std::sin(x)), 1.0) << x;
    EXPECT_LE(ulps(portable::cos(x), std::cos(x)), 1.0) << x;
    EXPECT_LE(ulps(portable::tan(x), std::tan(x)), 3.0) << x;
  }
}

TEST(PortableMath, WholeDegreesToo) {
  for (int degrees = -3'600; degrees <= 3'600; ++degrees) {
    const double x = degrees * (std::numbers::pi / 180.0);
    EXPECT_LE(ulps(portable::sin(x), std::sin(x)), 1.0) << degrees;
    EXPECT_LE(ulps(portable::cos(x), std::cos(x)), 1.0) << degrees;
  }
}

TEST(PortableMath, LogarithmAndExponentialAreThoseOfTheCLibraryToTheLastPlaces) {
  for (int i = 1; i <= 20'000; ++i) {
    EXPECT_LE(ulps(portable::log(i * 0.00137), std::log(i * 0.00137)), 2.0) << i;
    const double x = (i - 10'000) * 0.0037;
    EXPECT_LE(ulps(portable::exp(x), std::exp(x)), 2.0) << x;
  }
  EXPECT_EQ(portable::log(1.0), 0.0);
  EXPECT_EQ(portable::exp(0.0), 1.0);
}

TEST(PortableMath, ZeroIsExact) {
  EXPECT_EQ(portable::sin(0.0), 0.0);
  EXPECT_EQ(portable::cos(0.0), 1.0);
  EXPECT_EQ(portable::tan(0.0), 0.0);
}

}  // namespace
}  // namespace slabring
