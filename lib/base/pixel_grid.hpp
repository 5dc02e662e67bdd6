#pragma once

namespace slabring {

/// The pixels of a smaller version of an image, seen as a grid over it. Its lines need not meet the image's edges: a
/// pixel at the border may cover less of the image than the others.
struct PixelGrid {
  double scale = 1.0;  ///< pixels of the grid to one of the image
  int width = 0;       ///< of the grid, in its pixels
  int height = 0;
  double left = 0.0;  ///< where the image begins in the grid: from 0 to less than 1
  double top = 0.0;
};

}  // namespace slabring
