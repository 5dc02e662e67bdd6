#include "augment/sharpness.hpp"

#include <cstddef>
#include <cstring>
#include <utility>

#include "augment/blend.hpp"

namespace slabring {
namespace {

// One row between its neighbours. Pillow sums float32 products with 1/13 and 5/13 and adds 0.5; its error stays far
// below 1/26, the least distance of such a sum from the next whole number, so that integers give the same.
void sharpen_row(const std::uint8_t* __restrict above, const std::uint8_t* __restrict here,
                 const std::uint8_t* __restrict below, std::size_t bytes, std::size_t channels, float alpha,
                 std::uint8_t* __restrict out) {
  for (std::size_t i = channels; i < bytes - channels; ++i) {
    const int around = above[i - channels] + above[i] + above[i + channels] + here[i - channels] + here[i + channels] +
                       below[i - channels] + below[i] + below[i + channels];
    const int smooth = (2 * (around + 5 * here[i]) + 13) / 26;
    out[i] = blended(smooth, here[i], alpha);
  }
}

}  // namespace

void adjust_sharpness(const MutableImageView& image, double factor, ScratchBuffer<std::uint8_t>& lines) {
  if (image.width < 3 || image.height < 3) return;
  const auto channels = static_cast<std::size_t>(image.channels);
  const std::size_t bytes = static_cast<std::size_t>(image.width) * channels;
  std::uint8_t* above = lines.take(2 * bytes);  // rows as they were before
  std::uint8_t* here = above + bytes;
  std::memcpy(above, image.row(0), bytes);
  for (int y = 1; y + 1 < image.height; ++y) {
    std::memcpy(here, image.row(y), bytes);
    sharpen_row(above, here, image.row(y + 1), bytes, channels, static_cast<float>(factor), image.row(y));
    std::swap(above, here);
  }
}

}  // namespace slabring
