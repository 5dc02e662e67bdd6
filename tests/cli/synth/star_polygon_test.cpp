#include "synth/star_polygon.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

namespace slabring::cli {
namespace {

TEST(UnitVector, IsSineAndCosine) {
  for (int i = -400; i <= 800; ++i) {
    const double turns = i / 397.0;
    const Point point = unit_vector(turns);
    ASSERT_NEAR(point.x, std::cos(2 * std::numbers::pi * turns), 1e-5) << turns;
    ASSERT_NEAR(point.y, std::sin(2 * std::numbers::pi * turns), 1e-5) << turns;
  }
}

double area_of(const std::vector<Point>& corners, int rows) {
  double area = 0;
  for (int y = 0; y < rows; ++y)
    for (const Span& span : spans_of_row(corners, y)) area += span.last - span.first;
  return area;
}

TEST(StarPolygon, SpansCoverItsArea) {
  for (const int points : {2, 3, 5, 7}) {
    for (const double inner : {0.4, 0.7, 1.0}) {
      const auto corners = star_polygon({100.3, 99.6}, 80, points, inner, 0.123);
      const double triangle = 0.5 * 80 * 80 * inner * std::sin(std::numbers::pi / points);
      EXPECT_NEAR(area_of(corners, 200), 2 * points * triangle, 0.005 * 80 * 80) << points << ' ' << inner;
    }
  }
}

TEST(StarPolygon, RowsOutsideHaveNoSpans) {
  const auto corners = star_polygon({10, 10}, 5, 4, 1, 0);
  EXPECT_TRUE(spans_of_row(corners, 2).empty());
  EXPECT_TRUE(spans_of_row(corners, 17).empty());
  EXPECT_EQ(spans_of_row(corners, 10).size(), 1U);
}

TEST(StarPolygon, RowBetweenTwoPointsHasTwoSpans) {
  const auto corners = star_polygon({50, 50}, 40, 4, 0.3, 0.125);  // points at 45 degrees
  EXPECT_EQ(spans_of_row(corners, 26).size(), 2U);
}

}  // namespace
}  // namespace slabring::cli
