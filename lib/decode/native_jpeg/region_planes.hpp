#pragma once

#include <cstddef>
#include <cstdint>

#include "base/rect.hpp"
#include "decode/image_buffer.hpp"
#include "decode/native_jpeg/frame.hpp"
#include "decode/native_jpeg/grid.hpp"
#include "decode/native_jpeg/scan.hpp"

namespace slabring::native_jpeg {

/// What of an image a region needs: MCUs, half open.
struct McuRange {
  int first_column = 0;
  int end_column = 0;
  int first_row = 0;
  int end_row = 0;
};

/// The blocks of component `c` that the region's pixels come from; those of subsampled chroma with a margin of one
/// sample, because upsampling looks at neighbours. Requires: region inside the decoded image.
BlockRange blocks_of(const Grid& grid, int c, const Rect& region);
McuRange mcus_of(const Frame& frame, const Grid& grid, const Rect& region);

/// From the samples of a scan to rows of RGB. Sample rows have room on both sides, for the neighbours of their first
/// and last samples and for kernels that work in vectors.
class RegionPlanes {
 public:
  /// Makes room for the samples of `region` and tells the scan's components where. Throws std::bad_alloc.
  void lay_out(const Grid& grid, const Rect& region, Scan& scan);

  /// The first row of pixels that cannot be made yet when the MCU rows before `end_row` are decoded.
  int ready_rows(const Scan& scan, int end_row, bool are_all) const;

  /// Row y of the image, the columns of the region. Requires: y < ready_rows().
  void write_row(const Scan& scan, int y, std::uint8_t* rgb);

  std::size_t bytes() const noexcept { return memory_.capacity(); }

 private:
  struct Columns {
    int first = 0;
    int end = 0;
    int of_image = 0;
  };
  const std::uint8_t* chroma_row(const ComponentScan& component, const Columns& columns, int y) const;
  const std::uint8_t* upsampled(const ComponentScan& component, int y, std::uint8_t* out) const;

  Rect region_;
  Grid grid_;
  ImageBuffer memory_;
  std::uint8_t* upsampled_[2] = {};
};

}  // namespace slabring::native_jpeg
