#include "decode/orient.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace slabring {
namespace {

/// Which stored axes run backwards: seen from the upright image, x (and y) of the stored image counts down.
struct Reversed {
  bool x;
  bool y;
};

constexpr Reversed reversed(int orientation) noexcept {
  switch (orientation) {
    case 2:  // mirrored
    case 8:  // swapped axes: needs a turn counter-clockwise
      return {true, false};
    case 3:  // turned by 180 degrees
    case 7:  // swapped axes: transverse
      return {true, true};
    case 4:  // upside down and mirrored
    case 6:  // swapped axes: needs a turn clockwise
      return {false, true};
    default: return {false, false};
  }
}

}  // namespace

Rect to_stored(const Rect& upright, int orientation, int stored_width, int stored_height) noexcept {
  Rect stored = upright;
  if (swaps_axes(orientation)) stored = {upright.y, upright.x, upright.height, upright.width};
  if (reversed(orientation).x) stored.x = stored_width - stored.right();
  if (reversed(orientation).y) stored.y = stored_height - stored.bottom();
  return stored;
}

PixelGrid upright_grid(const PixelGrid& stored, int orientation, int stored_width, int stored_height) noexcept {
  PixelGrid upright = stored;
  // What the last pixel covers beyond the image comes first on an axis that runs backwards.
  if (reversed(orientation).x) upright.left = stored.width - stored_width * stored.scale;
  if (reversed(orientation).y) upright.top = stored.height - stored_height * stored.scale;
  if (swaps_axes(orientation)) {
    std::swap(upright.width, upright.height);
    std::swap(upright.left, upright.top);
  }
  return upright;
}

void write_upright(const ImageView& stored, int orientation, const MutableImageView& upright) noexcept {
  const bool swapped = swaps_axes(orientation);
  const Reversed back = reversed(orientation);
  // The way through the stored image while upright x or y grows by one.
  const std::ptrdiff_t along_x = back.x ? -3 : 3;
  const std::ptrdiff_t along_y = back.y ? -stored.stride : stored.stride;
  const std::ptrdiff_t step_x = swapped ? along_y : along_x;
  const std::ptrdiff_t step_y = swapped ? along_x : along_y;
  const std::uint8_t* origin = stored.data + (back.x ? (stored.width - 1) * std::ptrdiff_t{3} : 0) +
                               (back.y ? (stored.height - 1) * stored.stride : 0);

  // In tiles, since with swapped axes every step along an upright row touches another cache line.
  constexpr int tile = 32;
  for (int top = 0; top < upright.height; top += tile) {
    for (int left = 0; left < upright.width; left += tile) {
      const int bottom = std::min(top + tile, upright.height), right = std::min(left + tile, upright.width);
      for (int y = top; y < bottom; ++y) {
        const std::uint8_t* from = origin + y * step_y + left * step_x;
        std::uint8_t* to = upright.row(y) + left * std::ptrdiff_t{3};
        for (int x = left; x < right; ++x, from += step_x, to += 3) std::copy_n(from, 3, to);
      }
    }
  }
}

}  // namespace slabring
