#pragma once

#include <cstddef>
#include <cstdint>

#include "augment/scratch_buffer.hpp"
#include "slabring/transform.hpp"

namespace slabring {

/// Input pixels begin .. end-1 of one axis.
struct PixelSpan {
  int begin = 0;
  int end = 0;
};

/// One axis of a resampling: `in` pixels become `out`, of which `count` from `first` on are kept. What is resampled may
/// begin and end within a pixel.
struct AxisScale {
  int in = 0;
  int out = 0;
  int first = 0;
  int count = 0;
  Interpolation interpolation = Interpolation::bilinear;
  double begin = 0.0;   ///< in the first pixel; not with nearest
  double length = 0.0;  ///< 0: all `in` pixels

  bool operator==(const AxisScale&) const = default;

  /// The input pixels that the kept ones are made of. Requires: count > 0.
  PixelSpan support() const noexcept;
};

/// Weights are fixed-point numbers with this many fractional bits: 32 bits less 8 for the pixel and 2 for overshoot.
inline constexpr int weight_bits = 32 - 8 - 2;

/// Two weights as the kernels multiply with them: 16-bit parts of the first in the lower half, of the second in the
/// upper one. A weight is high * 256 + low, 0 <= low < 256; both fit as long as it is below 2, and every filter's is
/// (the tests try them).
struct WeightPair {
  std::int32_t high = 0;
  std::int32_t low = 0;
};

/// The weights of one axis, equal to Pillow's bit for bit. All kept pixels have the same number of taps, so that inner
/// loops are without surprise; where a pixel needs fewer, zero weights fill up.
class AxisFilter {
 public:
  /// Makes the tables for `scale`, unless they are there already.
  /// Returns false when they were.
  bool prepare(const AxisScale& scale);

  int taps() const noexcept { return taps_; }
  /// The first input pixel that kept pixel `i` reads, counted from the begin of scale.support(); never decreasing.
  const std::int32_t* starts() const noexcept { return starts_.data(); }
  /// `taps()` weights for each kept pixel, one after another.
  const std::int32_t* weights() const noexcept { return weights_.data(); }
  const std::int32_t* weights(int i) const noexcept {
    return weights() + static_cast<std::ptrdiff_t>(i) * static_cast<std::ptrdiff_t>(taps_);
  }

  /// Half of taps(), rounded up.
  int pairs() const noexcept { return (taps_ + 1) / 2; }
  /// weights(i) once more in `pairs()` pairs; for an odd number of taps the last weight is 0.
  const WeightPair* weight_pairs(int i) const noexcept {
    return weight_pairs_.data() + static_cast<std::ptrdiff_t>(i) * static_cast<std::ptrdiff_t>(pairs());
  }

  std::size_t bytes() const noexcept {
    return starts_.bytes() + weights_.bytes() + weight_pairs_.bytes() + exact_.bytes();
  }
  /// See ScratchBuffer::settle.
  void settle() noexcept;

 private:
  void prepare_nearest(const AxisScale& scale);
  void prepare_weighted(const AxisScale& scale);
  void pair_weights(int count);

  AxisScale scale_;  // what the tables are for
  int taps_ = 0;
  ScratchBuffer<std::int32_t> starts_;
  ScratchBuffer<std::int32_t> weights_;
  ScratchBuffer<WeightPair> weight_pairs_;
  ScratchBuffer<double> exact_;  // of one pixel, before rounding
};

}  // namespace slabring
