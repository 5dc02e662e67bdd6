#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "augment/axis_filter.hpp"
#include "augment/row_filter.hpp"
#include "augment/scratch_buffer.hpp"

namespace slabring {

/// What one stage of a plan needs besides its input and output.
struct StageScratch {
  RowFilter horizontal;
  AxisFilter vertical;
  ScratchBuffer<std::uint8_t> ring;         ///< horizontally resampled rows that the vertical filter still needs
  ScratchBuffer<std::uint8_t> last_rows;    ///< copies with room behind them
  ScratchBuffer<const std::uint8_t*> taps;  ///< the rows of one vertical sum
  ScratchBuffer<std::uint8_t> line;         ///< one output row before it is converted
};

/// Memory for intermediate images and weights; owned by one worker, grown rarely, given back after an outlier. Filters
/// stay prepared from sample to sample: images of one size pay for the weights once.
class AugmentScratch {
 public:
  /// For step `index` of a plan.
  StageScratch& stage(std::size_t index) {
    if (index >= stages_.size()) stages_.resize(index + 1);
    return stages_[index];
  }
  /// Room for the image between two steps: 0 or 1, one is read while the other is written.
  std::uint8_t* image(std::size_t index, std::size_t bytes) { return images_.at(index).take(bytes); }
  /// Room for a few lines of an image, for operations that work on one in place.
  ScratchBuffer<std::uint8_t>& lines() noexcept { return lines_; }
  /// Room for a number for each column of an image.
  ScratchBuffer<std::int32_t>& columns() noexcept { return columns_; }
  /// Room for sums that need fractions.
  ScratchBuffer<float>& floats() noexcept { return floats_; }
  /// Room for the bytes of a JPEG file.
  ScratchBuffer<std::uint8_t>& jpeg() noexcept { return jpeg_; }
  /// Room for an image that is put aside, and for a weighted sum of images.
  ScratchBuffer<std::uint8_t>& kept() noexcept { return kept_; }
  ScratchBuffer<float>& mix() noexcept { return mix_; }
  /// Room for a row that is standardised when it is whole.
  ScratchBuffer<float>& row() noexcept { return row_; }

  /// Called after each sample: gives back what has been much too large for a while.
  void settle() noexcept;
  std::size_t bytes() const noexcept;

 private:
  std::vector<StageScratch> stages_;
  std::array<ScratchBuffer<std::uint8_t>, 2> images_;
  ScratchBuffer<std::uint8_t> lines_;
  ScratchBuffer<std::int32_t> columns_;
  ScratchBuffer<float> floats_;
  ScratchBuffer<std::uint8_t> jpeg_;
  ScratchBuffer<std::uint8_t> kept_;
  ScratchBuffer<float> mix_;
  ScratchBuffer<float> row_;
};

}  // namespace slabring
