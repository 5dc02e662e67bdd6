#pragma once

#include <cstddef>
#include <cstdint>

#include "augment/axis_filter.hpp"
#include "augment/scratch_buffer.hpp"

namespace slabring {

/// A horizontal filter, laid out as resample_rows() reads it.
///
/// Sums are made in blocks of up to four: 16 bytes of a row hold all that a block needs for a pair of taps, one shuffle
/// brings each sum's two bytes together, and the next pair of taps lies two pixels further on. The sums of a block are
/// the next four bytes of the output, whatever the channels; where the source of these lies too far apart (RGB reduced
/// to less than a quarter), they are one pixel's.
class RowFilter {
 public:
  /// Makes the tables for rows of `channels` interleaved bytes, unless they are there already.
  /// Requires: channels is 1 to 4; scale.count > 0.
  void prepare(const AxisScale& scale, int channels);

  const AxisFilter& axis() const noexcept { return axis_; }
  int channels() const noexcept { return channels_; }
  /// Output pixels.
  int count() const noexcept { return count_; }
  std::size_t out_bytes() const noexcept {
    return static_cast<std::size_t>(count_) * static_cast<std::size_t>(channels_);
  }

  /// Two blocks are a step, for vectors of 32 bytes; those of 16 take one after the other.
  static constexpr int blocks_a_step = 2;
  int steps() const noexcept { return steps_; }
  /// Output bytes of one block.
  int block_bytes() const noexcept { return block_bytes_; }

  /// Which of its 16 bytes a block takes for each 16-bit factor; above 127: none, a zero.
  struct alignas(32) Shuffle {
    std::uint8_t from[16 * blocks_a_step];
  };
  /// What the factors of a pair of taps are multiplied with, see WeightPair.
  struct alignas(32) Weights {
    std::int32_t high[4 * blocks_a_step];
    std::int32_t low[4 * blocks_a_step];
  };
  /// Where in the row the 16 bytes of each block begin, for the first pair of taps.
  const std::int32_t* offsets(int step) const noexcept {
    return offsets_.data() + std::ptrdiff_t{step} * blocks_a_step;
  }
  const Shuffle& shuffle(int step) const noexcept { return shuffles_.data()[step]; }
  /// axis().pairs() of them.
  const Weights* weights(int step) const noexcept {
    return weights_.data() + std::ptrdiff_t{step} * std::ptrdiff_t{axis_.pairs()};
  }

  std::size_t bytes() const noexcept { return axis_.bytes() + offsets_.bytes() + shuffles_.bytes() + weights_.bytes(); }
  /// See ScratchBuffer::settle.
  void settle() noexcept;

 private:
  struct Place;
  struct Block;

  void arrange();
  bool four_bytes_fit_a_block() const noexcept;
  Block next_block(Place& place, int bytes) const noexcept;
  void write_block(int index, const Block& block);

  AxisFilter axis_;
  int channels_ = 0;  // 0: there are no tables
  int count_ = 0;
  int steps_ = 0;
  int block_bytes_ = 0;
  ScratchBuffer<std::int32_t> offsets_;
  ScratchBuffer<Shuffle> shuffles_;
  ScratchBuffer<Weights> weights_;
};

}  // namespace slabring
