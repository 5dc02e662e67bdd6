#include "augment/point_table.hpp"

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "augment/blend.hpp"

namespace slabring {
namespace {

template <std::size_t channels>
void look_up(std::uint8_t* bytes, std::size_t pixels, const std::array<std::array<std::uint8_t, 256>, 4>& table) {
  for (std::size_t i = 0; i < pixels; ++i, bytes += channels) {
    for (std::size_t c = 0; c < channels; ++c) bytes[c] = table[c][bytes[c]];
  }
}

// The darkest and the lightest value that occur; all zero: [256, -1].
struct Extent {
  int low = 256;
  int high = -1;
};

Extent extent_of(const std::array<std::int64_t, 256>& counts) noexcept {
  Extent extent;
  for (int value = 0; value < 256; ++value) {
    if (counts[static_cast<std::size_t>(value)] == 0) continue;
    extent.low = std::min(extent.low, value);
    extent.high = value;
  }
  return extent;
}

// ImageOps.autocontrast for one channel.
std::array<std::uint8_t, 256> stretched(const std::array<std::int64_t, 256>& counts) noexcept {
  std::array<std::uint8_t, 256> table;
  std::iota(table.begin(), table.end(), std::uint8_t{0});
  const Extent extent = extent_of(counts);
  if (extent.high <= extent.low) return table;
  const double scale = 255.0 / (extent.high - extent.low);
  const double offset = -extent.low * scale;
  for (int value = 0; value < 256; ++value) {
    const auto to = static_cast<int>(value * scale + offset);
    table[static_cast<std::size_t>(value)] = static_cast<std::uint8_t>(std::clamp(to, 0, 255));
  }
  return table;
}

// ImageOps.equalize for one channel.
std::array<std::uint8_t, 256> equalized(const std::array<std::int64_t, 256>& counts) noexcept {
  std::array<std::uint8_t, 256> table;
  std::iota(table.begin(), table.end(), std::uint8_t{0});
  const Extent extent = extent_of(counts);
  if (extent.high <= extent.low) return table;  // one value only
  const std::int64_t total = std::accumulate(counts.begin(), counts.end(), std::int64_t{0});
  const std::int64_t step = (total - counts[static_cast<std::size_t>(extent.high)]) / 255;
  if (step == 0) return table;
  std::int64_t below = step / 2;
  for (std::size_t value = 0; value < 256; ++value) {
    table[value] = static_cast<std::uint8_t>(std::min<std::int64_t>(below / step, 255));
    below += counts[value];
  }
  return table;
}

}  // namespace

void PointTable::reset() noexcept {
  for (auto& channel : table_) std::iota(channel.begin(), channel.end(), std::uint8_t{0});
  identity_ = true;
}

void PointTable::apply(const MutableImageView& image) const noexcept {
  if (identity_) return;
  for (int y = 0; y < image.height; ++y) {
    const auto pixels = static_cast<std::size_t>(image.width);
    switch (image.channels) {
      case 1: look_up<1>(image.row(y), pixels, table_); break;
      case 2: look_up<2>(image.row(y), pixels, table_); break;
      case 3: look_up<3>(image.row(y), pixels, table_); break;
      default: look_up<4>(image.row(y), pixels, table_); break;
    }
  }
}

void PointTable::count(const ImageView& image, Histogram& histogram) const noexcept {
  Histogram before{};
  const auto channels = static_cast<std::size_t>(image.channels);
  for (int y = 0; y < image.height; ++y) {
    const std::uint8_t* bytes = image.row(y);
    for (int x = 0; x < image.width; ++x) {
      for (std::size_t c = 0; c < channels; ++c) ++before[c][*bytes++];
    }
  }
  histogram = {};
  for (std::size_t c = 0; c < channels; ++c) {
    for (std::size_t value = 0; value < 256; ++value) histogram[c][table_[c][value]] += before[c][value];
  }
}

void then_brightness(PointTable& table, double factor) {
  const auto alpha = static_cast<float>(factor);
  table.then([alpha](int, int value) { return blended(0, value, alpha); });
}

void then_contrast(PointTable& table, double factor, int mean) {
  const auto alpha = static_cast<float>(factor);
  table.then([alpha, mean](int, int value) { return blended(mean, value, alpha); });
}

void then_posterize(PointTable& table, int bits) {
  const int mask = ~((1 << (8 - bits)) - 1);
  table.then([mask](int, int value) { return static_cast<std::uint8_t>(value & mask); });
}

void then_solarize(PointTable& table, double threshold) {
  table.then(
      [threshold](int, int value) { return static_cast<std::uint8_t>(value < threshold ? value : 255 - value); });
}

void then_invert(PointTable& table) {
  table.then([](int, int value) { return static_cast<std::uint8_t>(255 - value); });
}

void then_autocontrast(PointTable& table, const Histogram& histogram) {
  std::array<std::array<std::uint8_t, 256>, 4> to;
  for (std::size_t c = 0; c < to.size(); ++c) to[c] = stretched(histogram[c]);
  table.then(
      [&to](int channel, int value) { return to[static_cast<std::size_t>(channel)][static_cast<std::size_t>(value)]; });
}

void then_equalize(PointTable& table, const Histogram& histogram) {
  std::array<std::array<std::uint8_t, 256>, 4> to;
  for (std::size_t c = 0; c < to.size(); ++c) to[c] = equalized(histogram[c]);
  table.then(
      [&to](int channel, int value) { return to[static_cast<std::size_t>(channel)][static_cast<std::size_t>(value)]; });
}

}  // namespace slabring
