#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "slabring/transform.hpp"

namespace slabring::cli {

/// A picture of one channel in 16ths of a grey level, so that adding and averaging many layers loses nothing visible.
class Plane {
 public:
  static constexpr int one_level = 16;

  Plane(int width, int height)
      : width_(width), height_(height), values_(static_cast<std::size_t>(width) * static_cast<std::size_t>(height)) {}

  int width() const noexcept { return width_; }
  int height() const noexcept { return height_; }
  std::span<std::int16_t> row(int y) noexcept { return {values_.data() + offset_of(y), row_size()}; }
  std::span<const std::int16_t> row(int y) const noexcept { return {values_.data() + offset_of(y), row_size()}; }

 private:
  std::size_t row_size() const noexcept { return static_cast<std::size_t>(width_); }
  std::size_t offset_of(int y) const noexcept { return row_size() * static_cast<std::size_t>(y); }

  int width_;
  int height_;
  std::vector<std::int16_t> values_;
};

/// `coarse` at twice the size, linear between its pixels' centres (3:1 weights).
/// Requires: width and height are twice coarse's, or one less.
Plane upsampled(const Plane& coarse, int width, int height);

/// a += b. Requires: equal sizes.
void add(Plane& a, const Plane& b);

/// Adds independent noise of standard deviation `levels` grey levels to every pixel. `strength`, if any, is a smaller
/// plane stretched over this one that scales the noise; 256 stands for 1. Requires: levels <= 100.
void add_noise(Plane& plane, double levels, const Plane* strength, RandomStream& random);

/// Noise as photos have it: about the same variance in every octave of frequency (a power spectrum of 1/f^2; Field,
/// "Relations between the statistics of natural images and the response properties of cortical cells", 1987).
/// `levels[k]` is the deviation of the octave of 2^k pixels; the last is the coarsest.
Plane octave_noise(int width, int height, std::span<const double> levels, const Plane* strength, RandomStream& random);

}  // namespace slabring::cli
