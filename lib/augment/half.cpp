#include <bit>
#include <cmath>
#include <cstdint>

#include "augment/convert.hpp"

namespace slabring {

std::uint16_t to_half(float value) noexcept {
  constexpr std::uint32_t infinity = 0x7c00;
  const auto sign = static_cast<std::uint32_t>(std::signbit(value)) << 15;
  const float size = std::fabs(value);
  const auto half = [&](std::uint32_t magnitude) { return static_cast<std::uint16_t>(sign | magnitude); };

  if (std::isnan(value)) return half(infinity | 0x200);
  if (size >= 65520.0F) return half(infinity);  // half way between the largest half and the next power of two
  if (size < 0x1p-14F) return half(static_cast<std::uint32_t>(std::nearbyint(size * 0x1p24F)));  // subnormal

  // Drop 13 of the 23 fraction bits, rounding to even; a carry into the exponent is right as it is.
  const auto bits = std::bit_cast<std::uint32_t>(size);
  const std::uint32_t rounded = bits + 0xfff + (bits >> 13 & 1);
  constexpr std::uint32_t bias_difference = (127 - 15) << 10;
  return half((rounded >> 13) - bias_difference);
}

}  // namespace slabring
