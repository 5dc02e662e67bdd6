#pragma once

#include "base/pixel_grid.hpp"
#include "base/rect.hpp"
#include "slabring/sample.hpp"

namespace slabring {

/// EXIF's eight ways in which an image may be stored, as ImageOps.exif_transpose undoes them. Coordinates are either
/// stored (as in the file) or upright (as seen).

/// True where width and height change places.
constexpr bool swaps_axes(int orientation) noexcept { return orientation >= 5; }

/// Where an upright region lies in the stored image. Requires: 1 <= orientation <= 8, region inside the upright image.
Rect to_stored(const Rect& upright, int orientation, int stored_width, int stored_height) noexcept;

/// The grid of a smaller version of the stored image, `stored`, as it lies over the upright image. Width and height are
/// those of the stored image. Requires: `stored` begins where the image does.
PixelGrid upright_grid(const PixelGrid& stored, int orientation, int stored_width, int stored_height) noexcept;

/// Writes `stored` upright. Requires: 3 channels, the shape of `upright` is that of `stored` (axes swapped where
/// swaps_axes()), no overlap.
void write_upright(const ImageView& stored, int orientation, const MutableImageView& upright) noexcept;

}  // namespace slabring
