#include "decode/native_jpeg/grid.hpp"

#include <cstdint>

namespace slabring::native_jpeg {
namespace {

/// The rule of libjpeg's jdmaster.c.
int side_of(const FrameComponent& component, const FrameComponent& largest, int eighths) {
  int side = eighths;
  while (side < block_side && largest.horizontal * eighths % (component.horizontal * side * 2) == 0 &&
         largest.vertical * eighths % (component.vertical * side * 2) == 0) {
    side *= 2;
  }
  return side;
}

int reduced(int length, int eighths) {
  return static_cast<int>((std::int64_t{length} * eighths + block_side - 1) / block_side);
}

}  // namespace

Grid grid_of(const Frame& frame, int eighths) {
  Grid grid;
  grid.width = reduced(frame.width, eighths);
  grid.height = reduced(frame.height, eighths);
  const FrameComponent& luma = frame.component[0];
  for (std::size_t c = 0; c < static_cast<std::size_t>(frame.components); ++c) {
    grid.side[c] = side_of(frame.component[c], luma, eighths);
  }
  if (frame.components > 1) {  // both chroma components have one block an MCU
    grid.halves_width = luma.horizontal * grid.side[0] == 2 * grid.side[1];
    grid.halves_height = luma.vertical * grid.side[0] == 2 * grid.side[1];
  }
  return grid;
}

}  // namespace slabring::native_jpeg
