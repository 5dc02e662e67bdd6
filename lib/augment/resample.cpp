#include "augment/resample.hpp"

#include <algorithm>

namespace slabring::plain {
namespace {

constexpr std::int32_t half = std::int32_t{1} << (weight_bits - 1);

std::uint8_t to_byte(std::int32_t sum) noexcept {
  return static_cast<std::uint8_t>(std::clamp(sum >> weight_bits, 0, 255));
}

}  // namespace

void resample_row(const std::uint8_t* row, int channels, const AxisFilter& filter, int count, std::uint8_t* out) {
  for (int i = 0; i < count; ++i) {
    const std::uint8_t* first = row + std::ptrdiff_t{filter.starts()[i]} * channels;
    for (int c = 0; c < channels; ++c) {
      std::int32_t sum = half;
      for (int tap = 0; tap < filter.taps(); ++tap) sum += first[tap * channels + c] * filter.weights(i)[tap];
      *out++ = to_byte(sum);
    }
  }
}

void blend_rows(const std::uint8_t* const* rows, const AxisFilter& filter, int y, std::size_t bytes,
                std::uint8_t* out) {
  for (std::size_t x = 0; x < bytes; ++x) {
    std::int32_t sum = half;
    for (int tap = 0; tap < filter.taps(); ++tap) sum += rows[tap][x] * filter.weights(y)[tap];
    out[x] = to_byte(sum);
  }
}

}  // namespace slabring::plain
