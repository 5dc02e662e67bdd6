#pragma once

#include "base/rect.hpp"

namespace slabring {

/// What of a JPEG is decoded to get a region: these columns, from this row on.
struct JpegWindow {
  int x = 0;             ///< first column decoded; a multiple of the iMCU's width
  int width = 0;         ///< columns decoded
  int skipped_rows = 0;  ///< given to one jpeg_skip_scanlines() before the first row is read; a row outside the region
};

/// What the plan needs to know of a file. An iMCU ("interleaved minimum coded unit") is the smallest block of pixels
/// that holds whole blocks of every component: 8x8 for 4:4:4, 16x16 for 4:2:0.
struct JpegGrid {
  int width = 0;
  int height = 0;
  int imcu_width = 8;
  int imcu_height = 8;
  bool blends_rows = false;  ///< the upsampler looks at rows above and below ("context rows")
};

/// Leaves out the columns and the rows that the region does not need, but for a margin, which the caller drops. The
/// margin is there because libjpeg-turbo upsamples the outermost column of a cropped row without its neighbour, and
/// because nothing but whole iMCUs can be left out. Requires: region inside the image.
JpegWindow plan_window(const Rect& region, const JpegGrid& grid) noexcept;

}  // namespace slabring
