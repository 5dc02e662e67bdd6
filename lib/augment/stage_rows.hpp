#pragma once

#include <cstddef>
#include <cstdint>

#include "augment/geometry.hpp"
#include "augment/scratch.hpp"
#include "base/row_feed.hpp"
#include "slabring/sample.hpp"

namespace slabring {

/// Gives the rows of a stage's window one after another, not mirrored yet. Rows are made when they are asked for, so
/// that the few a vertical filter needs stay in the cache and the last pass may write straight to its destination.
class StageRows {
 public:
  /// `pixels` is stage.read_region() of the stage's input; or only its shape, and `feed` has the rows. All must stay
  /// valid, and `scratch` unused by others.
  StageRows(const GeometryStage& stage, const ImageView& pixels, RowFeed* feed, StageScratch& scratch);

  /// Row `y` of the window. Requires: y is larger than in the call before. It is written to `into`, which has room for
  /// a row of the window, or lies somewhere else already: the return value says where.
  const std::uint8_t* row(int y, std::uint8_t* into);

  std::size_t row_bytes() const noexcept { return window_bytes_; }

 private:
  const std::uint8_t* visible_row(int y, std::uint8_t* into);
  const std::uint8_t* blended_row(int y, std::uint8_t* into);
  const std::uint8_t* pixel_row(int y) { return feed_ != nullptr ? feed_->row(y) : pixels_.row(y); }
  const std::uint8_t* input_row(int y);
  std::uint8_t* ring_row(int y);
  void resample_from(int first);
  const std::uint8_t* readable_row(int y, int slot);
  std::size_t bytes_of(int pixels) const noexcept;

  const ImageView& pixels_;
  RowFeed* feed_;  // null: the rows are in pixels_
  StageScratch& scratch_;
  Rect shown_;  // of the window, in the window
  bool horizontal_;
  bool vertical_;
  std::size_t window_bytes_;
  std::size_t shown_bytes_;
  std::size_t ring_stride_;
  int ring_rows_ = 0;     // a power of two
  int rows_ahead_ = 1;    // that are resampled at once
  int next_input_y_ = 0;  // the first row that is not in the ring yet
};

}  // namespace slabring
