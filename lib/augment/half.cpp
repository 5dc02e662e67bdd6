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

BFloat16 to_bfloat16(float value) noexcept {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  // A NaN whose payload lies in the lower half alone would become infinite.
  if (std::isnan(value)) return BFloat16{static_cast<std::uint16_t>(bits >> 16 | 0x40)};
  return BFloat16{static_cast<std::uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16)};
}

float from_bfloat16(BFloat16 value) noexcept { return std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16); }

float from_half(std::uint16_t half) noexcept {
  const std::uint32_t exponent = half >> 10 & 0x1f;
  const std::uint32_t fraction = half & 0x3ff;
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000) << 16;
  if (exponent == 0)
    return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(static_cast<float>(fraction) * 0x1p-24F));
  const std::uint32_t biased = exponent == 0x1f ? 0xff : exponent + (127 - 15);
  return std::bit_cast<float>(sign | biased << 23 | fraction << 13);
}

}  // namespace slabring
