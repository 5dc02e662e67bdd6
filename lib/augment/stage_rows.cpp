#include "augment/stage_rows.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "augment/resample.hpp"

namespace slabring {

StageRows::StageRows(const GeometryStage& stage, const ImageView& pixels, RowFeed* feed, StageScratch& scratch)
    : pixels_(pixels),
      feed_(feed),
      scratch_(scratch),
      shown_(stage.visible()),
      horizontal_(stage.resized.width != stage.source.width && shown_.width > 0),
      vertical_(stage.resized.height != stage.source.height && shown_.height > 0),
      window_bytes_(bytes_of(stage.window.width)),
      shown_bytes_(bytes_of(shown_.width)),
      ring_stride_(shown_bytes_ + bytes_beyond_row) {
  if (horizontal_) scratch.horizontal.prepare(stage.columns(), pixels.channels);
  if (vertical_) scratch.vertical.prepare(stage.rows());
  if (horizontal_) {
    // Only the nearest filter leaves rows out.
    if (!vertical_ || stage.interpolation != Interpolation::nearest) rows_ahead_ = rows_at_once;
    const int needed = rows_ahead_ + (vertical_ ? scratch.vertical.taps() - 1 : 0);
    ring_rows_ = static_cast<int>(std::bit_ceil(static_cast<unsigned>(needed)));
  }
  if (feed_ != nullptr) feed_->keep(horizontal_ ? rows_at_once : vertical_ ? scratch.vertical.taps() : 1);
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
  return vertical_ ? blended_row(y, into) : input_row(y);
}

const std::uint8_t* StageRows::blended_row(int y, std::uint8_t* into) {
  const AxisFilter& filter = scratch_.vertical;
  const int first = filter.starts()[y];
  const std::uint8_t** rows = scratch_.taps.take(static_cast<std::size_t>(filter.taps()) + 1);
  for (int tap = 0; tap < filter.taps(); ++tap) rows[tap] = input_row(first + tap);
  rows[filter.taps()] = rows[0];  // the partner of an odd last one, without weight
  blend_rows(rows, filter, y, shown_bytes_, into);
  return into;
}

// An input row as the vertical pass reads it. Starts never decrease, so a row that leaves the ring is not asked for
// again, and one that no output row needs is never resampled.
const std::uint8_t* StageRows::input_row(int y) {
  if (!horizontal_) return pixel_row(y);
  if (y >= next_input_y_) resample_from(y);
  return ring_row(y);
}

std::uint8_t* StageRows::ring_row(int y) {
  std::uint8_t* ring = scratch_.ring.take(static_cast<std::size_t>(ring_rows_) * ring_stride_);
  return ring + static_cast<std::size_t>(y & (ring_rows_ - 1)) * ring_stride_;
}

void StageRows::resample_from(int first) {
  const int last = std::min(first + rows_ahead_, pixels_.height) - 1;
  std::array<const std::uint8_t*, rows_at_once> rows;
  std::array<std::uint8_t*, rows_at_once> out;
  for (int i = 0; i < rows_at_once; ++i) {
    const int y = std::min(first + i, last);
    rows[static_cast<std::size_t>(i)] = readable_row(y, i);
    out[static_cast<std::size_t>(i)] = ring_row(y);
  }
  resample_rows(rows.data(), scratch_.horizontal, out.data());
  next_input_y_ = last + 1;
}

// Input row `y`, or a copy of it where the kernel would read past the end of the image.
const std::uint8_t* StageRows::readable_row(int y, int slot) {
  static_assert(RowFeed::bytes_behind >= bytes_beyond_row);
  if (feed_ != nullptr) return feed_->row(y);
  const std::size_t bytes = bytes_of(pixels_.width);
  const std::uint8_t* row = pixels_.row(y);
  const std::uint8_t* end = std::max(pixels_.row(0), pixels_.row(pixels_.height - 1)) + bytes;
  if (static_cast<std::size_t>(end - row) >= bytes + bytes_beyond_row) return row;
  const std::size_t stride = bytes + bytes_beyond_row;
  std::uint8_t* copy = scratch_.last_rows.take(rows_at_once * stride) + static_cast<std::size_t>(slot) * stride;
  std::memcpy(copy, row, bytes);
  return copy;
}

}  // namespace slabring
