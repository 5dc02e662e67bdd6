#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace slabring {

using Rgb = std::array<std::uint8_t, 3>;

/// The 256 colours that a pixel of a palette image can mean. As in Pillow, entries that the file leaves out are the
/// greys of their own number.
using Palette = std::array<Rgb, 256>;

constexpr Palette grey_palette() {
  Palette palette{};
  for (std::size_t i = 0; i < palette.size(); ++i) palette[i].fill(static_cast<std::uint8_t>(i));
  return palette;
}

constexpr std::uint8_t sample(std::byte value) { return std::to_integer<std::uint8_t>(value); }

/// How BMP and TGA store colours.
constexpr Rgb rgb_of_bgr(const std::byte* bgr) { return {sample(bgr[2]), sample(bgr[1]), sample(bgr[0])}; }

/// `bits` of a 16-bit pixel from `shift` up, as a sample of 8 bits. The division rounds down, as in Pillow's unpackers;
/// repeating the high bits, as others do, gives other values.
constexpr std::uint8_t expand_bits(unsigned pixel, int shift, int bits) {
  const unsigned highest = (1u << bits) - 1;
  return static_cast<std::uint8_t>((pixel >> shift & highest) * 255 / highest);
}

/// Red 5, green 5 and blue 5 bits, blue lowest, little-endian.
constexpr Rgb rgb_of_555(const std::byte* bytes) {
  const unsigned pixel = sample(bytes[0]) | static_cast<unsigned>(sample(bytes[1])) << 8;
  return {expand_bits(pixel, 10, 5), expand_bits(pixel, 5, 5), expand_bits(pixel, 0, 5)};
}

/// Red 5, green 6 and blue 5 bits, blue lowest, little-endian.
constexpr Rgb rgb_of_565(const std::byte* bytes) {
  const unsigned pixel = sample(bytes[0]) | static_cast<unsigned>(sample(bytes[1])) << 8;
  return {expand_bits(pixel, 11, 5), expand_bits(pixel, 5, 6), expand_bits(pixel, 0, 5)};
}

}  // namespace slabring
