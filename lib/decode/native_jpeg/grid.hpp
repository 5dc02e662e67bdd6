#pragma once

#include <array>

#include "decode/native_jpeg/frame.hpp"

namespace slabring::native_jpeg {

/// The size that an image is decoded to.
struct Grid {
  int width = 0;
  int height = 0;
  std::array<int, max_components> side{};  ///< samples along a block's side: 8, 4, 2 or 1
  bool halves_width = false;               ///< of chroma, after that
  bool halves_height = false;

  int chroma_width() const noexcept { return halves_width ? (width + 1) / 2 : width; }
  int chroma_height() const noexcept { return halves_height ? (height + 1) / 2 : height; }
};

/// That of `eighths` eighths of an image (8, 4, 2 or 1). As libjpeg-turbo has it: blocks of luma become that much
/// smaller, those of chroma that is subsampled in all directions that luma is larger in stay twice as large.
Grid grid_of(const Frame& frame, int eighths);

}  // namespace slabring::native_jpeg
