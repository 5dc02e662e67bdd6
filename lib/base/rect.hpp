#pragma once

namespace slabring {

/// A rectangle of pixels; x to the right, y down, half open.
struct Rect {
  int x = 0;
  int y = 0;
  int width = 0;
  int height = 0;

  int right() const noexcept { return x + width; }
  int bottom() const noexcept { return y + height; }
  bool operator==(const Rect&) const = default;
};

}  // namespace slabring
