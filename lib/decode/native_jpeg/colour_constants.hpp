#pragma once

namespace slabring::native_jpeg::colour {

// The inverse of JFIF's YCbCr, with 16 fractional bits: 1.402, -0.34414, -0.71414, 1.772.
inline constexpr int red_of_cr = 91881;
inline constexpr int green_of_cb = -22554;
inline constexpr int green_of_cr = -46802;
inline constexpr int blue_of_cb = 116130;

}  // namespace slabring::native_jpeg::colour
