#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "augment/line_kernels.hpp"
#include "slabring/tensor.hpp"
#include "slabring/transform.hpp"

namespace slabring {

/// Writes lines of interleaved bytes into the row of a batch: element type, order of the axes, normalisation,
/// mirroring.
///
/// A byte becomes torchvision's float32 result exactly: v / 255 (ToTensor), then - mean, then / std (Normalize). f16
/// and bf16 are that value rounded to the nearest, ties to even.
class Converter {
 public:
  /// `normalize` may be null. Requires: shape.channels is 1 to 4; with `normalize`, dtype is not u8 and there are as
  /// many means and deviations as channels.
  Converter(const RowShape& shape, const Normalize* normalize);

  const RowShape& shape() const noexcept { return shape_; }

  /// True when a line that is not mirrored lies in the row byte for byte as it comes.
  bool keeps_bytes() const noexcept { return shape_.dtype == DType::u8 && !planar_; }
  /// Where line `y` lies in the row. Requires: keeps_bytes().
  std::uint8_t* place(int y, std::byte* row) const noexcept {
    return reinterpret_cast<std::uint8_t*>(row) + static_cast<std::size_t>(y) * width_ * channels_;
  }

  /// Writes line `y`, shape().width pixels. Requires: row is aligned for its element type.
  void write(int y, const std::uint8_t* line, bool mirrored, std::byte* row) const;

 private:
  template <class Value>
  void prepare_scalings(const Normalize* normalize, std::vector<Value>& table, const Value* Scaling::*table_of);
  template <class Value>
  void write_values(const std::uint8_t* line, bool mirrored, Value* out) const;

  RowShape shape_;
  bool planar_;  // with more than one channel
  std::size_t width_;
  std::size_t channels_;
  std::size_t plane_;               // values from one channel to the next, where planar
  std::vector<float> f32_;          // what bytes become, 256 for each channel, where dtype is f32
  std::vector<std::uint16_t> f16_;  // the same for f16
  std::vector<BFloat16> bf16_;      // the same for bf16
  std::vector<Scaling> scalings_;   // of each channel where planar, else of all in turn
};

/// IEEE 754 binary16 nearest to `value`, ties to even; too large becomes infinite.
std::uint16_t to_half(float value) noexcept;
float from_half(std::uint16_t half) noexcept;

/// The bfloat16 nearest to `value`, ties to even; too large becomes infinite.
BFloat16 to_bfloat16(float value) noexcept;
float from_bfloat16(BFloat16 value) noexcept;

}  // namespace slabring
