#include "augment/warp.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace slabring {
namespace {

// ---- filters: the pixel at a position, false where that lies outside ----
//
// Sums in double in the order in which Pillow has them, and cut off, not rounded.

bool outside(double x, double y, const ImageView& image) noexcept {
  return !(x >= 0.0 && x < image.width && y >= 0.0 && y < image.height);  // NaN is outside
}

template <std::size_t channels>
struct Nearest {
  static bool pixel(const ImageView& image, double x, double y, std::uint8_t* out) noexcept {
    if (outside(x, y, image)) return false;
    std::memcpy(out, image.row(static_cast<int>(y)) + static_cast<std::size_t>(x) * channels, channels);
    return true;
  }
};

// Byte offset of a column, kept inside the image.
template <std::size_t channels>
std::size_t column(int x, const ImageView& image) noexcept {
  return static_cast<std::size_t>(std::clamp(x, 0, image.width - 1)) * channels;
}

double mixed(double a, double b, double share) noexcept { return a + (b - a) * share; }

// The pixel whose centre is the next one to the left and above of a place, and how far beyond that centre it lies.
struct Cell {
  double left;
  double top;
  double dx;
  double dy;
};

Cell cell_of(double x, double y) noexcept {
  const double left = std::floor(x - 0.5);
  const double top = std::floor(y - 0.5);
  return {left, top, x - 0.5 - left, y - 0.5 - top};
}

template <std::size_t channels>
struct Bilinear {
  static bool pixel(const ImageView& image, double x, double y, std::uint8_t* out) noexcept {
    if (outside(x, y, image)) return false;
    const auto [left, top, dx, dy] = cell_of(x, y);
    const auto row = static_cast<int>(top);
    const std::size_t first = column<channels>(static_cast<int>(left), image);
    const std::size_t second = column<channels>(static_cast<int>(left) + 1, image);
    const std::uint8_t* above = image.row(std::max(row, 0));
    const std::uint8_t* below = image.row(std::min(row + 1, image.height - 1));
    for (std::size_t c = 0; c < channels; ++c) {
      const double upper = mixed(above[first + c], above[second + c], dx);
      const double lower = mixed(below[first + c], below[second + c], dx);
      out[c] = static_cast<std::uint8_t>(static_cast<int>(mixed(upper, lower, dy)));
    }
    return true;
  }
};

// A cubic through four values, between the middle two.
double cubic(double v1, double v2, double v3, double v4, double share) noexcept {
  const double linear = -v1 + v3;
  const double square = 2 * (v1 - v2) + v3 - v4;
  const double cube = -v1 + v2 - v3 + v4;
  return v2 + share * (linear + share * (square + share * cube));
}

template <std::size_t channels>
struct Bicubic {
  static bool pixel(const ImageView& image, double x, double y, std::uint8_t* out) noexcept {
    if (outside(x, y, image)) return false;
    const auto [left, top, dx, dy] = cell_of(x, y);
    std::array<std::size_t, 4> columns;
    std::array<const std::uint8_t*, 4> rows;
    for (int i = 0; i < 4; ++i) {
      const auto index = static_cast<std::size_t>(i);
      columns[index] = column<channels>(static_cast<int>(left) - 1 + i, image);
      rows[index] = image.row(std::clamp(static_cast<int>(top) - 1 + i, 0, image.height - 1));
    }
    for (std::size_t c = 0; c < channels; ++c) {
      std::array<double, 4> at;
      for (std::size_t i = 0; i < 4; ++i) {
        const std::uint8_t* line = rows[i] + c;
        at[i] = cubic(line[columns[0]], line[columns[1]], line[columns[2]], line[columns[3]], dx);
      }
      const double value = cubic(at[0], at[1], at[2], at[3], dy);
      out[c] = static_cast<std::uint8_t>(static_cast<int>(std::clamp(value, 0.0, 255.0)));
    }
    return true;
  }
};

// ---- maps from pixels to positions ----

struct AffineMap {
  const AffineMatrix& m;
  struct Position {
    double x;
    double y;
  };
  Position operator()(int x, int y) const noexcept {
    const double xin = x + 0.5;
    const double yin = y + 0.5;
    return {m[0] * xin + m[1] * yin + m[2], m[3] * xin + m[4] * yin + m[5]};
  }
};

struct PerspectiveMap {
  const PerspectiveMatrix& m;
  AffineMap::Position operator()(int x, int y) const noexcept {
    const double xin = x + 0.5;
    const double yin = y + 0.5;
    const double depth = m[6] * xin + m[7] * yin + 1;
    return {(m[0] * xin + m[1] * yin + m[2]) / depth, (m[3] * xin + m[4] * yin + m[5]) / depth};
  }
};

template <std::size_t channels, class Filter, class Map>
void fill_from(const ImageView& image, const Map& map, const Colour& fill, const MutableImageView& out) {
  for (int y = 0; y < out.height; ++y) {
    std::uint8_t* to = out.row(y);
    for (int x = 0; x < out.width; ++x, to += channels) {
      const AffineMap::Position at = map(x, y);
      if (!Filter::pixel(image, at.x, at.y, to)) std::memcpy(to, fill.data(), channels);
    }
  }
}

template <std::size_t channels, class Map>
void transform(const ImageView& image, const Map& map, Interpolation interpolation, const Colour& fill,
               const MutableImageView& out) {
  switch (interpolation) {
    case Interpolation::bilinear: return fill_from<channels, Bilinear<channels>>(image, map, fill, out);
    case Interpolation::bicubic: return fill_from<channels, Bicubic<channels>>(image, map, fill, out);
    default: return fill_from<channels, Nearest<channels>>(image, map, fill, out);
  }
}

template <class Map>
void transform(const ImageView& image, const Map& map, Interpolation interpolation, const Colour& fill,
               const MutableImageView& out) {
  switch (image.channels) {
    case 1: return transform<1>(image, map, interpolation, fill, out);
    case 2: return transform<2>(image, map, interpolation, fill, out);
    case 3: return transform<3>(image, map, interpolation, fill, out);
    default: return transform<4>(image, map, interpolation, fill, out);
  }
}

// ---- affine, nearest: Pillow steps from pixel to pixel, and the steps round ----

void copy_pixel(const ImageView& image, std::int64_t x, std::int64_t y, const Colour& fill,
                std::uint8_t* out) noexcept {
  const auto channels = static_cast<std::size_t>(image.channels);
  const bool inside = x >= 0 && x < image.width && y >= 0 && y < image.height;
  const std::uint8_t* from =
      inside ? image.row(static_cast<int>(y)) + static_cast<std::size_t>(x) * channels : fill.data();
  std::memcpy(out, from, channels);
}

// -1: before the first pixel; beyond the last one stays beyond, without leaving the integers.
std::int64_t coordinate(double v) noexcept { return v >= 0.0 ? static_cast<std::int64_t>(std::min(v, 0x1p32)) : -1; }

// No rotation and no shear: columns and rows by themselves, positions summed up in double.
void nearest_scaled(const ImageView& image, const AffineMatrix& m, const Colour& fill, const MutableImageView& out) {
  double y_at = m[5] + m[4] * 0.5;
  for (int y = 0; y < out.height; ++y, y_at += m[4]) {
    double x_at = m[2] + m[0] * 0.5;
    std::uint8_t* to = out.row(y);
    for (int x = 0; x < out.width; ++x, x_at += m[0], to += image.channels) {
      copy_pixel(image, coordinate(x_at), coordinate(y_at), fill, to);
    }
  }
}

std::int64_t fixed(double v) noexcept { return static_cast<std::int64_t>(std::floor(v * 65536.0 + 0.5)); }

// Positions in 16 fractional bits.
void nearest_fixed(const ImageView& image, const AffineMatrix& m, const Colour& fill, const MutableImageView& out) {
  const std::int64_t x_step = fixed(m[0]);
  const std::int64_t y_step = fixed(m[3]);
  std::int64_t x_row = fixed(m[2] + m[0] * 0.5 + m[1] * 0.5);
  std::int64_t y_row = fixed(m[5] + m[3] * 0.5 + m[4] * 0.5);
  for (int y = 0; y < out.height; ++y, x_row += fixed(m[1]), y_row += fixed(m[4])) {
    std::int64_t x_at = x_row;
    std::int64_t y_at = y_row;
    std::uint8_t* to = out.row(y);
    for (int x = 0; x < out.width; ++x, x_at += x_step, y_at += y_step, to += image.channels) {
      copy_pixel(image, x_at >> 16, y_at >> 16, fill, to);
    }
  }
}

// Positions that 16 fractional bits of 32 cannot hold, summed up in double.
void nearest_far(const ImageView& image, const AffineMatrix& m, const Colour& fill, const MutableImageView& out) {
  double x_row = m[2] + m[1] * 0.5 + m[0] * 0.5;
  double y_row = m[5] + m[4] * 0.5 + m[3] * 0.5;
  for (int y = 0; y < out.height; ++y, x_row += m[1], y_row += m[4]) {
    double x_at = x_row;
    double y_at = y_row;
    std::uint8_t* to = out.row(y);
    for (int x = 0; x < out.width; ++x, x_at += m[0], y_at += m[3], to += image.channels) {
      copy_pixel(image, coordinate(x_at), coordinate(y_at), fill, to);
    }
  }
}

bool fits_fixed(const AffineMatrix& m, int x, int y) noexcept {
  return std::fabs(x * m[0] + y * m[1] + m[2]) < 32768.0 && std::fabs(x * m[3] + y * m[4] + m[5]) < 32768.0;
}

}  // namespace

void warp_affine(const ImageView& image, const AffineMatrix& matrix, Interpolation interpolation, const Colour& fill,
                 const MutableImageView& out) {
  if (interpolation != Interpolation::nearest) return transform(image, AffineMap{matrix}, interpolation, fill, out);
  if (matrix[1] == 0 && matrix[3] == 0) return nearest_scaled(image, matrix, fill, out);
  const bool fits = fits_fixed(matrix, 0, 0) && fits_fixed(matrix, out.width, out.height) &&
                    fits_fixed(matrix, 0, out.height) && fits_fixed(matrix, out.width, 0);
  if (fits) return nearest_fixed(image, matrix, fill, out);
  nearest_far(image, matrix, fill, out);
}

void warp_perspective(const ImageView& image, const PerspectiveMatrix& matrix, Interpolation interpolation,
                      const Colour& fill, const MutableImageView& out) {
  transform(image, PerspectiveMap{matrix}, interpolation, fill, out);
}

void rotate_quarter(const ImageView& image, bool clockwise, const MutableImageView& out) {
  const auto channels = static_cast<std::size_t>(image.channels);
  for (int y = 0; y < out.height; ++y) {
    std::uint8_t* to = out.row(y);
    const std::size_t column = static_cast<std::size_t>(clockwise ? y : image.width - 1 - y) * channels;
    for (int x = 0; x < out.width; ++x, to += channels) {
      std::memcpy(to, image.row(clockwise ? image.height - 1 - x : x) + column, channels);
    }
  }
}

}  // namespace slabring
