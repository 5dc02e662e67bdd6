#pragma once

#include <vector>

#include "slabring/transform.hpp"

namespace slabring::cli {

struct Point {
  double x = 0;
  double y = 0;
};

/// The point on the unit circle after `turns` turns from the x axis. Only additions and multiplications: the same bits
/// on every machine, which libm's sine does not promise. Error below 1e-5.
Point unit_vector(double turns) noexcept;

/// Every second corner lies on the circle of `radius`, those between them on one `inner` times as large: 1 gives a
/// regular polygon of 2 x points corners, less a star.
std::vector<Point> star_polygon(Point centre, double radius, int points, double inner, double turns);

/// Pixels [first, last) of one row, counted by how much of each lies inside.
struct Span {
  double first = 0;
  double last = 0;
};

/// Where the middle of row `y` lies inside the polygon, from left to right.
std::vector<Span> spans_of_row(const std::vector<Point>& corners, int y);

}  // namespace slabring::cli
