#include "augment/resample.hpp"

#include <algorithm>
#include <array>

namespace slabring {
namespace {

constexpr std::int32_t half = std::int32_t{1} << (weight_bits - 1);

std::uint8_t to_byte(std::int32_t sum) noexcept {
  return static_cast<std::uint8_t>(std::clamp(sum >> weight_bits, 0, 255));
}

template <int channels>
void resample_row_of(const std::uint8_t* source, const AxisFilter& filter, int count, std::uint8_t* out) {
  const int taps = filter.taps();
  const std::int32_t* weights = filter.weights();
  for (int i = 0; i < count; ++i) {
    const std::uint8_t* pixel = source + static_cast<std::ptrdiff_t>(filter.starts()[i]) * channels;
    std::array<std::int32_t, channels> sum;
    sum.fill(half);
    for (int tap = 0; tap < taps; ++tap) {
      for (std::size_t c = 0; c < channels; ++c) sum[c] += pixel[c] * weights[tap];
      pixel += channels;
    }
    for (std::size_t c = 0; c < channels; ++c) out[c] = to_byte(sum[c]);
    out += channels;
    weights += taps;
  }
}

}  // namespace

void resample_row(const std::uint8_t* source, int channels, const AxisFilter& filter, int count, std::uint8_t* out) {
  switch (channels) {
    case 1: return resample_row_of<1>(source, filter, count, out);
    case 2: return resample_row_of<2>(source, filter, count, out);
    case 3: return resample_row_of<3>(source, filter, count, out);
    default: return resample_row_of<4>(source, filter, count, out);
  }
}

void blend_rows(const std::uint8_t* const* rows, const std::int32_t* weights, int taps, std::size_t bytes,
                std::uint8_t* out) {
  // Sums of a block stay in registers while the rows go by.
  constexpr std::size_t block = 64;
  std::array<std::int32_t, block> sum;
  for (std::size_t begin = 0; begin < bytes; begin += block) {
    const std::size_t count = std::min(block, bytes - begin);
    sum.fill(half);
    for (int tap = 0; tap < taps; ++tap) {
      const std::uint8_t* row = rows[tap] + begin;
      const std::int32_t weight = weights[tap];
      for (std::size_t i = 0; i < count; ++i) sum[i] += row[i] * weight;
    }
    for (std::size_t i = 0; i < count; ++i) out[begin + i] = to_byte(sum[i]);
  }
}

}  // namespace slabring
