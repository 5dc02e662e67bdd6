#include "augment/stage_render.hpp"

#include <cstdint>
#include <cstring>

#include "augment/stage_rows.hpp"

namespace slabring {
namespace {

// The whole of a stage that changes nothing: small arrays (MNIST, CIFAR) are delivered at the speed of memory.
void copy_pixels(const ImageView& pixels, std::byte* row) {
  const auto line = static_cast<std::size_t>(pixels.width) * static_cast<std::size_t>(pixels.channels);
  const auto height = static_cast<std::size_t>(pixels.height);
  if (pixels.stride == static_cast<std::ptrdiff_t>(line)) {
    std::memcpy(row, pixels.data, line * height);
    return;
  }
  for (std::size_t y = 0; y < height; ++y) std::memcpy(row + y * line, pixels.row(static_cast<int>(y)), line);
}

}  // namespace

void render_stage(const GeometryStage& stage, const ImageView& pixels, RowFeed* feed, const Converter& converter,
                  std::byte* row, StageScratch& scratch) {
  const bool in_place = converter.keeps_bytes() && !stage.mirrored;
  const bool copies = in_place && !stage.flipped && !stage.resamples() && !stage.pads();
  if (copies && feed == nullptr) return copy_pixels(pixels, row);

  StageRows rows(stage, pixels, feed, scratch);
  std::uint8_t* line = in_place ? nullptr : scratch.line.take(rows.row_bytes());
  for (int y = 0; y < stage.window.height; ++y) {
    const int to = stage.flipped ? stage.window.height - 1 - y : y;
    std::uint8_t* into = in_place ? converter.place(to, row) : line;
    const std::uint8_t* bytes = rows.row(y, into);
    if (!in_place) {
      converter.write(to, bytes, stage.mirrored, row);
    } else if (bytes != into) {
      std::memcpy(into, bytes, rows.row_bytes());
    }
  }
}

}  // namespace slabring
