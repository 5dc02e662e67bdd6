#include "decode/native_jpeg/row_kernels.hpp"

#include <algorithm>

#include "decode/native_jpeg/colour_constants.hpp"

namespace slabring::native_jpeg::plain {
namespace {

std::uint8_t clamped(int value) { return static_cast<std::uint8_t>(std::clamp(value, 0, 255)); }

}  // namespace

void upsample_row(const std::uint8_t* in, std::size_t count, std::uint8_t* out) {
  for (std::size_t i = 0; i < count; ++i, ++in) {
    out[2 * i] = static_cast<std::uint8_t>((3 * in[0] + in[-1] + 1) >> 2);
    out[2 * i + 1] = static_cast<std::uint8_t>((3 * in[0] + in[1] + 2) >> 2);
  }
}

void upsample_rows(const std::uint8_t* in, const std::uint8_t* nearer, std::size_t count, std::uint8_t* out) {
  for (std::size_t i = 0; i < count; ++i, ++in, ++nearer) {
    const auto column = [in, nearer](std::ptrdiff_t at) { return 3 * in[at] + nearer[at]; };
    out[2 * i] = static_cast<std::uint8_t>((3 * column(0) + column(-1) + 8) >> 4);
    out[2 * i + 1] = static_cast<std::uint8_t>((3 * column(0) + column(1) + 7) >> 4);
  }
}

void blend_chroma_rows(const std::uint8_t* in, const std::uint8_t* nearer, std::size_t count, int bias,
                       std::uint8_t* out) {
  for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<std::uint8_t>((3 * in[i] + nearer[i] + bias) >> 2);
}

void ycc_to_rgb(const std::uint8_t* y, const std::uint8_t* cb, const std::uint8_t* cr, std::size_t count,
                std::uint8_t* rgb) {
  constexpr int half = 1 << 15;
  for (std::size_t i = 0; i < count; ++i, rgb += 3) {
    const int u = cb[i] - 128;
    const int v = cr[i] - 128;
    // The products that libjpeg has in tables, its coefficients having 16 fractional bits.
    rgb[0] = clamped(y[i] + ((colour::red_of_cr * v + half) >> 16));
    rgb[1] = clamped(y[i] + ((colour::green_of_cb * u + colour::green_of_cr * v + half) >> 16));
    rgb[2] = clamped(y[i] + ((colour::blue_of_cb * u + half) >> 16));
  }
}

void grey_to_rgb(const std::uint8_t* y, std::size_t count, std::uint8_t* rgb) {
  for (std::size_t i = 0; i < count; ++i, rgb += 3) rgb[0] = rgb[1] = rgb[2] = y[i];
}

}  // namespace slabring::native_jpeg::plain
