#include "synth/noise.hpp"

#include <algorithm>
#include <cmath>

namespace slabring::cli {
namespace {

/// out[2i], out[2i+1] from in[i-1 .. i+1], where in[-1] and in[n] repeat the ends.
void stretch_row(std::span<const std::int16_t> in, std::span<std::int16_t> out) {
  const std::size_t n = in.size();
  for (std::size_t i = 0; i + 1 < n; ++i) {
    const int left = in[i];
    const int right = in[i + 1];
    out[2 * i + 1] = static_cast<std::int16_t>((3 * left + right + 2) >> 2);
    out[2 * i + 2] = static_cast<std::int16_t>((left + 3 * right + 2) >> 2);
  }
  out[0] = in[0];
  if (2 * n == out.size()) out[2 * n - 1] = in[n - 1];
}

/// Row `y` of the plane that is twice as high.
void blend_rows(const Plane& coarse, int y, std::span<std::int16_t> out) {
  const int near = y / 2;
  const int far = std::clamp(y % 2 == 0 ? near - 1 : near + 1, 0, coarse.height() - 1);
  const auto a = coarse.row(near);
  const auto b = coarse.row(far);
  for (std::size_t x = 0; x < out.size(); ++x) out[x] = static_cast<std::int16_t>((3 * a[x] + b[x] + 2) >> 2);
}

/// Uniform in -128 .. 127, deviation 73.9.
void draw_row(std::span<std::int8_t> out, RandomStream& random) {
  std::size_t x = 0;
  for (; x + 8 <= out.size(); x += 8) {
    const std::uint64_t bits = random.bits();
    for (std::size_t byte = 0; byte < 8; ++byte) out[x + byte] = static_cast<std::int8_t>(bits >> (8 * byte));
  }
  for (std::uint64_t bits = random.bits(); x < out.size(); ++x, bits >>= 8) out[x] = static_cast<std::int8_t>(bits);
}

/// What to multiply a row's bytes with, in 64ths: the same all along, or by a row of `strength` stretched to its width.
void set_gains(std::span<std::int16_t> gains, int gain, const Plane* strength, int strength_row) {
  if (strength == nullptr) {
    std::fill(gains.begin(), gains.end(), static_cast<std::int16_t>(gain));
    return;
  }
  const auto scales = strength->row(strength_row);
  for (std::size_t x = 0; x < gains.size(); ++x) {
    const int scale = scales[x * scales.size() / gains.size()];
    gains[x] = static_cast<std::int16_t>(std::min(gain * scale >> 8, 0x7fff));
  }
}

}  // namespace

Plane upsampled(const Plane& coarse, int width, int height) {
  Plane fine(width, height);
  std::vector<std::int16_t> blended(static_cast<std::size_t>(coarse.width()));
  for (int y = 0; y < height; ++y) {
    blend_rows(coarse, y, blended);
    stretch_row(blended, fine.row(y));
  }
  return fine;
}

void add(Plane& a, const Plane& b) {
  for (int y = 0; y < a.height(); ++y) {
    const auto to = a.row(y);
    const auto from = b.row(y);
    for (std::size_t x = 0; x < to.size(); ++x) to[x] = static_cast<std::int16_t>(to[x] + from[x]);
  }
}

void add_noise(Plane& plane, double levels, const Plane* strength, RandomStream& random) {
  constexpr double deviation = 73.9;  // of a uniform byte
  const int gain = static_cast<int>(levels * Plane::one_level * 64 / deviation);
  std::vector<std::int8_t> noise(static_cast<std::size_t>(plane.width()));
  std::vector<std::int16_t> gains(noise.size());
  int gains_row = -1;
  for (int y = 0; y < plane.height(); ++y) {
    const int wanted_row = strength == nullptr ? 0 : y * strength->height() / plane.height();
    if (wanted_row != gains_row) set_gains(gains, gain, strength, gains_row = wanted_row);
    draw_row(noise, random);
    const auto row = plane.row(y);
    for (std::size_t x = 0; x < row.size(); ++x)
      row[x] = static_cast<std::int16_t>(row[x] + (noise[x] * gains[x] >> 6));
  }
}

Plane octave_noise(int width, int height, std::span<const double> levels, const Plane* strength, RandomStream& random) {
  if (levels.empty()) return {width, height};
  const auto coarser = levels.subspan(1);
  Plane plane = coarser.empty() ? Plane(width, height)
                                : upsampled(octave_noise((width + 1) / 2, (height + 1) / 2, coarser, strength, random),
                                            width, height);
  add_noise(plane, levels[0], strength, random);
  return plane;
}

}  // namespace slabring::cli
