#include "augment/row_filter.hpp"

#include <algorithm>

namespace slabring {

// An output byte: counted, not divided, since every image has tables of its own.
struct RowFilter::Place {
  int pixel = 0;
  int channel = 0;
};

// The outputs of one block and what they read for the first pair of taps.
struct RowFilter::Block {
  int count = 0;
  int begin = 0;  // in the row
  int end = 0;
  int pixel[4] = {};
  int first[4] = {};  // the first byte of each
};

void RowFilter::prepare(const AxisScale& scale, int channels) {
  if (!axis_.prepare(scale) && channels == channels_) return;
  channels_ = channels;
  count_ = scale.count;
  try {
    arrange();
  } catch (...) {
    channels_ = 0;
    throw;
  }
}

void RowFilter::arrange() {
  block_bytes_ = four_bytes_fit_a_block() ? 4 : channels_;
  const int out_bytes = count_ * channels_;
  const int blocks = (out_bytes + block_bytes_ - 1) / block_bytes_;
  steps_ = (blocks + blocks_a_step - 1) / blocks_a_step;
  const auto steps = static_cast<std::size_t>(steps_);
  offsets_.take(steps * blocks_a_step);
  shuffles_.take(steps);
  weights_.take(steps * static_cast<std::size_t>(axis_.pairs()));
  Place place;
  for (int i = 0; i < steps_ * blocks_a_step; ++i) write_block(i, next_block(place, block_bytes_));
}

bool RowFilter::four_bytes_fit_a_block() const noexcept {
  Place place;
  while (place.pixel < count_) {
    const Block block = next_block(place, 4);
    if (block.end - block.begin > 16) return false;
  }
  return true;
}

// Past the last output, a block without any.
RowFilter::Block RowFilter::next_block(Place& place, int bytes) const noexcept {
  Block block;
  for (; block.count < bytes && place.pixel < count_; ++block.count) {
    const int first = axis_.starts()[place.pixel] * channels_ + place.channel;
    block.pixel[block.count] = place.pixel;
    block.first[block.count] = first;
    block.begin = block.count == 0 ? first : std::min(block.begin, first);
    block.end = std::max(block.end, first + channels_ + 1);
    if (++place.channel == channels_) {
      place.channel = 0;
      ++place.pixel;
    }
  }
  return block;
}

void RowFilter::write_block(int index, const Block& block) {
  const int step = index / blocks_a_step;
  const int begin = index % blocks_a_step * 4;  // of its lanes in the step
  offsets_.data()[index] = block.begin;
  std::uint8_t* from = shuffles_.data()[step].from + std::ptrdiff_t{begin} * 4;
  std::fill_n(from, 16, std::uint8_t{0x80});
  Weights* weights = weights_.data() + std::ptrdiff_t{step} * std::ptrdiff_t{axis_.pairs()};
  for (int i = 0; i < 4; ++i) {
    if (i < block.count) {
      const int first = block.first[i] - block.begin;
      from[0] = static_cast<std::uint8_t>(first);
      from[2] = static_cast<std::uint8_t>(first + channels_);
    }
    from += 4;
    // A lane without an output has zeros for factors, so any weights do: those of pixel 0.
    const WeightPair* pair = axis_.weight_pairs(block.pixel[i]);
    for (int k = 0; k < axis_.pairs(); ++k) {
      weights[k].high[begin + i] = pair[k].high;
      weights[k].low[begin + i] = pair[k].low;
    }
  }
}

void RowFilter::settle() noexcept {
  axis_.settle();
  const bool offsets_lost = offsets_.settle();
  const bool shuffles_lost = shuffles_.settle();
  const bool weights_lost = weights_.settle();
  if (offsets_lost || shuffles_lost || weights_lost) channels_ = 0;
}

}  // namespace slabring
