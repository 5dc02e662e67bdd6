#include "augment/stage_rows.hpp"

#include <algorithm>
#include <cstring>

#include "augment/resample.hpp"

namespace slabring {

StageRows::StageRows(const GeometryStage& stage, const ImageView& pixels, StageScratch& scratch)
    : pixels_(pixels),
      scratch_(scratch),
      shown_(stage.visible()),
      horizontal_(stage.resized.width != stage.source.width && shown_.width > 0),
      vertical_(stage.resized.height != stage.source.height && shown_.height > 0),
      window_bytes_(bytes_of(stage.window.width)),
      shown_bytes_(bytes_of(shown_.width)) {
  if (horizontal_) {
    scratch.horizontal.prepare({stage.source.width, stage.resized.width, shown_.x, shown_.width, stage.interpolation});
  }
  if (vertical_) {
    scratch.vertical.prepare({stage.source.height, stage.resized.height, shown_.y, shown_.height, stage.interpolation});
  }
  if (horizontal_ && vertical_) ring_rows_ = scratch.vertical.taps();
  shown_.x -= stage.window.x;
  shown_.y -= stage.window.y;
}

std::size_t StageRows::bytes_of(int pixels) const noexcept {
  return static_cast<std::size_t>(pixels) * static_cast<std::size_t>(pixels_.channels);
}

const std::uint8_t* StageRows::row(int y, std::uint8_t* into) {
  if (shown_bytes_ == window_bytes_ && y >= shown_.y && y < shown_.bottom()) return visible_row(y - shown_.y, into);

  std::memset(into, 0, window_bytes_);
  if (y >= shown_.y && y < shown_.bottom()) {
    std::uint8_t* place = into + bytes_of(shown_.x);
    const std::uint8_t* bytes = visible_row(y - shown_.y, place);
    if (bytes != place) std::memcpy(place, bytes, shown_bytes_);
  }
  return into;
}

const std::uint8_t* StageRows::visible_row(int y, std::uint8_t* into) {
  if (vertical_) return blended_row(y, into);
  if (!horizontal_) return pixels_.row(y);
  resample_row(pixels_.row(y), pixels_.channels, scratch_.horizontal, shown_.width, into);
  return into;
}

const std::uint8_t* StageRows::blended_row(int y, std::uint8_t* into) {
  const AxisFilter& filter = scratch_.vertical;
  const int first = filter.starts()[y];
  const std::uint8_t** taps = scratch_.taps.take(static_cast<std::size_t>(filter.taps()));
  for (int tap = 0; tap < filter.taps(); ++tap) taps[tap] = row_for_blend(first + tap);
  blend_rows(taps, filter.weights(y), filter.taps(), shown_bytes_, into);
  return into;
}

// An input row as the vertical pass reads it. Starts never decrease, so a row that leaves the ring is not asked for
// again, and one that no output row needs is never resampled.
const std::uint8_t* StageRows::row_for_blend(int input_y) {
  if (!horizontal_) return pixels_.row(input_y);
  std::uint8_t* ring = scratch_.ring.take(static_cast<std::size_t>(ring_rows_) * shown_bytes_);
  std::uint8_t* place = ring + static_cast<std::size_t>(input_y % ring_rows_) * shown_bytes_;
  if (input_y >= next_input_y_) {
    resample_row(pixels_.row(input_y), pixels_.channels, scratch_.horizontal, shown_.width, place);
    next_input_y_ = input_y + 1;
  }
  return place;
}

}  // namespace slabring
