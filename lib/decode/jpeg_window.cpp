#include "decode/jpeg_window.hpp"

#include <algorithm>

namespace slabring {

JpegWindow plan_window(const Rect& region, const JpegGrid& grid) noexcept {
  const int first_column = std::max(0, region.x / grid.imcu_width - 1);
  const int last_column = (region.right() - 1) / grid.imcu_width + 1;
  const int first_row = std::max(0, region.y / grid.imcu_height - 1);

  JpegWindow window;
  window.x = first_column * grid.imcu_width;
  window.width = std::min(grid.width, (last_column + 1) * grid.imcu_width) - window.x;
  window.skipped_rows = first_row * grid.imcu_height;
  // With context rows, jpeg_skip_scanlines() decodes and discards the last iMCU row of those that it is asked to skip,
  // unless one row more is to be skipped: then only that one.
  if (grid.blends_rows && first_row > 0) ++window.skipped_rows;
  return window;
}

}  // namespace slabring
