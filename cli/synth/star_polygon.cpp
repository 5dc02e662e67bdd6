#include "synth/star_polygon.hpp"

#include <algorithm>
#include <cmath>

namespace slabring::cli {
namespace {

/// sin(x) for 0 <= x <= pi/2 by its Taylor series.
double sine_of_quarter(double x) noexcept {
  const double s = x * x;
  return x * (1 - s / 6 * (1 - s / 20 * (1 - s / 42 * (1 - s / 72))));
}

/// sin(2 pi turns).
double sine(double turns) noexcept {
  constexpr double pi = 3.14159265358979323846;
  double rest = turns - std::floor(turns);
  const double sign = rest < 0.5 ? 1 : -1;
  if (rest >= 0.5) rest -= 0.5;
  return sign * sine_of_quarter(2 * pi * std::min(rest, 0.5 - rest));
}

}  // namespace

Point unit_vector(double turns) noexcept { return {sine(turns + 0.25), sine(turns)}; }

std::vector<Point> star_polygon(Point centre, double radius, int points, double inner, double turns) {
  std::vector<Point> corners;
  for (int corner = 0; corner < 2 * points; ++corner) {
    const Point direction = unit_vector(turns + corner / (2.0 * points));
    const double distance = corner % 2 == 0 ? radius : radius * inner;
    corners.push_back({centre.x + distance * direction.x, centre.y + distance * direction.y});
  }
  return corners;
}

std::vector<Span> spans_of_row(const std::vector<Point>& corners, int y) {
  const double middle = y + 0.5;
  std::vector<double> crossings;
  for (std::size_t i = 0; i < corners.size(); ++i) {
    const Point& a = corners[i];
    const Point& b = corners[(i + 1) % corners.size()];
    if ((a.y <= middle) == (b.y <= middle)) continue;
    crossings.push_back(a.x + (middle - a.y) / (b.y - a.y) * (b.x - a.x));
  }
  std::sort(crossings.begin(), crossings.end());
  std::vector<Span> spans;
  for (std::size_t i = 0; i + 1 < crossings.size(); i += 2) spans.push_back({crossings[i], crossings[i + 1]});
  return spans;
}

}  // namespace slabring::cli
