#include "augment/warp_rules.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <numbers>
#include <utility>

#include "base/portable_math.hpp"

namespace slabring {
namespace {

double radians(double degrees) noexcept { return degrees * (std::numbers::pi / 180.0); }

// round(x, 15) of Python: the decimal number nearest to x. Requires: |x| <= 1.
double rounded_to_15_digits(double x) noexcept {
  std::array<char, 32> text{};
  const auto written = std::to_chars(text.begin(), text.end(), x, std::chars_format::fixed, 15);
  double value = 0.0;
  std::from_chars(text.begin(), written.ptr, value);
  return value;
}

// x % 360 of Python: 0 or more.
double within_a_turn(double angle) noexcept {
  const double rest = std::fmod(angle, 360.0);
  return rest < 0.0 ? rest + 360.0 : rest;
}

struct Point {
  double x;
  double y;
};

Point moved(const AffineMatrix& m, double x, double y) noexcept {
  return {m[0] * x + m[1] * y + m[2], m[3] * x + m[4] * y + m[5]};
}

// The sides of the box around the rotated image.
Size expanded(const AffineMatrix& m, Size image) noexcept {
  const double w = image.width;
  const double h = image.height;
  const std::array<Point, 4> corners{moved(m, 0, 0), moved(m, w, 0), moved(m, w, h), moved(m, 0, h)};
  Point low = corners[0];
  Point high = corners[0];
  for (const Point& corner : corners) {
    low = {std::min(low.x, corner.x), std::min(low.y, corner.y)};
    high = {std::max(high.x, corner.x), std::max(high.y, corner.y)};
  }
  return {static_cast<int>(std::ceil(high.y) - std::floor(low.y)),
          static_cast<int>(std::ceil(high.x) - std::floor(low.x))};
}

// 0 to 3 where Pillow turns without resampling.
int exact_quarters(double angle, bool expand, Size image) noexcept {
  const bool quarter_fits = expand || image.width == image.height;
  if (angle == 0.0) return 0;
  if (angle == 90.0 && quarter_fits) return 1;
  if (angle == 180.0) return 2;
  if (angle == 270.0 && quarter_fits) return 3;
  return -1;
}

// Solves rows of eight coefficients and a right side, by elimination with the largest pivot.
using Rows = std::array<std::array<double, 9>, 8>;

bool eliminate(Rows& rows, std::size_t column) noexcept {
  std::size_t pivot = column;
  for (std::size_t row = column + 1; row < rows.size(); ++row) {
    if (std::fabs(rows[row][column]) > std::fabs(rows[pivot][column])) pivot = row;
  }
  if (std::fabs(rows[pivot][column]) < 1e-9) return false;
  std::swap(rows[pivot], rows[column]);
  for (std::size_t row = column + 1; row < rows.size(); ++row) {
    const double factor = rows[row][column] / rows[column][column];
    for (std::size_t i = column; i < 9; ++i) rows[row][i] -= factor * rows[column][i];
  }
  return true;
}

}  // namespace

AffineMatrix affine_matrix(const AffineParameters& parameters, const std::array<double, 2>& center) noexcept {
  const double rotation = radians(parameters.angle);
  const double shear_x = radians(parameters.shear_x);
  const double shear_y = radians(parameters.shear_y);
  const double cosine = portable::cos(rotation - shear_y);
  const double sine = portable::sin(rotation - shear_y);
  const double tangent = portable::tan(shear_x);
  const double a = cosine / portable::cos(shear_y);
  const double b = -cosine * tangent / portable::cos(shear_y) - portable::sin(rotation);
  const double c = sine / portable::cos(shear_y);
  const double d = -sine * tangent / portable::cos(shear_y) + portable::cos(rotation);

  AffineMatrix m{d, -b, 0.0, -c, a, 0.0};
  for (double& value : m) value /= parameters.scale;
  const double x = -center[0] - parameters.translate_x;
  const double y = -center[1] - parameters.translate_y;
  m[2] += m[0] * x + m[1] * y;
  m[5] += m[3] * x + m[4] * y;
  m[2] += center[0];
  m[5] += center[1];
  return m;
}

std::array<double, 2> middle(Size image) noexcept { return {image.width * 0.5, image.height * 0.5}; }

Rotation rotation(double angle, bool expand, const std::optional<std::array<double, 2>>& center, Size image) noexcept {
  const double turn = within_a_turn(angle);
  const int quarters = center ? -1 : exact_quarters(turn, expand, image);
  if (quarters >= 0) {
    return {quarters, {}, quarters % 2 == 0 ? image : Size{image.width, image.height}};
  }
  const double back = -radians(turn);
  const double cosine = rounded_to_15_digits(portable::cos(back));
  const double sine = rounded_to_15_digits(portable::sin(back));
  AffineMatrix m{cosine, sine, 0.0, rounded_to_15_digits(-portable::sin(back)), cosine, 0.0};
  const std::array<double, 2> around = center ? *center : middle(image);
  const Point origin = moved(m, -around[0], -around[1]);
  m[2] = origin.x + around[0];
  m[5] = origin.y + around[1];
  if (!expand) return {-1, m, image};

  const Size size = expanded(m, image);
  const Point shifted = moved(m, -(size.width - image.width) / 2.0, -(size.height - image.height) / 2.0);
  m[2] = shifted.x;
  m[5] = shifted.y;
  return {-1, m, size};
}

Corners corners_of(Size image) noexcept {
  const int right = image.width - 1;
  const int bottom = image.height - 1;
  return {{{0, 0}, {right, 0}, {right, bottom}, {0, bottom}}};
}

Corners draw_corners(double distortion_scale, Size image, RandomStream& random) noexcept {
  const auto reach = [&](int side) {
    const int half = side / 2;
    return static_cast<int>(distortion_scale * half);
  };
  const auto below = [&](int bound) { return static_cast<int>(random.below(static_cast<std::uint64_t>(bound))); };
  const auto near_begin = [&](int side) { return below(reach(side) + 1); };
  const auto near_end = [&](int side) { return side - reach(side) - 1 + below(reach(side) + 1); };
  Corners corners{};
  corners[0] = {near_begin(image.width), near_begin(image.height)};
  corners[1] = {near_end(image.width), near_begin(image.height)};
  corners[2] = {near_end(image.width), near_end(image.height)};
  corners[3] = {near_begin(image.width), near_end(image.height)};
  return corners;
}

std::optional<PerspectiveMatrix> perspective_matrix(const Corners& from, const Corners& to) noexcept {
  Rows rows{};
  for (std::size_t i = 0; i < from.size(); ++i) {
    const double x = to[i][0];
    const double y = to[i][1];
    const double u = from[i][0];
    const double v = from[i][1];
    rows[2 * i] = {x, y, 1, 0, 0, 0, -u * x, -u * y, u};
    rows[2 * i + 1] = {0, 0, 0, x, y, 1, -v * x, -v * y, v};
  }
  for (std::size_t column = 0; column < rows.size(); ++column) {
    if (!eliminate(rows, column)) return std::nullopt;
  }
  PerspectiveMatrix solution{};
  for (std::size_t i = rows.size(); i-- > 0;) {
    double rest = rows[i][8];
    for (std::size_t j = i + 1; j < rows.size(); ++j) rest -= rows[i][j] * solution[j];
    solution[i] = rest / rows[i][i];
  }
  return solution;
}

}  // namespace slabring
