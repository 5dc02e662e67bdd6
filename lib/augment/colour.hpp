#pragma once

#include <cstdint>

#include "augment/point_table.hpp"
#include "slabring/sample.hpp"

namespace slabring {

// Operations on the colours of single pixels, as Pillow does them. In place; images have 1 or 3 channels.

/// Pillow's conversion from RGB to L: ITU-R 601-2 in 16 fractional bits.
constexpr std::uint8_t luma(int red, int green, int blue) noexcept {
  return static_cast<std::uint8_t>((red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16);
}

/// The mean luma of the image that `table` makes of `image`, rounded as ImageEnhance.Contrast does.
int mean_luma(const ImageView& image, const PointTable& table) noexcept;

/// ImageEnhance.Color.
void adjust_saturation(const MutableImageView& image, double factor) noexcept;
/// torchvision's adjust_hue: to Pillow's HSV, a shift of the hue, and back. Loses a little even where `factor` is 0.
void adjust_hue(const MutableImageView& image, double factor) noexcept;

/// All channels become the luma.
void make_gray(const MutableImageView& image) noexcept;
/// The luma in one channel, in the same memory; rows without gaps. Requires: no gaps before either.
MutableImageView narrowed_to_gray(const MutableImageView& image) noexcept;
/// One channel three times. Requires: `out` has the size of `image` and 3 channels.
void widen_gray(const ImageView& image, const MutableImageView& out) noexcept;

}  // namespace slabring
