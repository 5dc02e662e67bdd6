#include "augment/erase.hpp"

#include <cstdint>
#include <cstring>

#include "augment/convert.hpp"
#include "augment/normal_stream.hpp"

namespace slabring {
namespace {

void write_value(float value, DType dtype, std::byte* to) {
  switch (dtype) {
    case DType::f16: {
      const std::uint16_t half = to_half(value);
      std::memcpy(to, &half, sizeof half);
      return;
    }
    case DType::bf16: {
      const BFloat16 upper_half = to_bfloat16(value);
      std::memcpy(to, &upper_half, sizeof upper_half);
      return;
    }
    case DType::f32: std::memcpy(to, &value, sizeof value); return;
    default: *to = static_cast<std::byte>(static_cast<int>(value)); return;  // images have no other types
  }
}

std::size_t index_of(const RowShape& shape, int c, int y, int x) noexcept {
  const bool planar = shape.layout == Layout::nchw;
  const std::int64_t pixel = std::int64_t{y} * shape.width + x;
  const std::int64_t index = planar ? std::int64_t{c} * shape.height * shape.width + pixel : pixel * shape.channels + c;
  return static_cast<std::size_t>(index);
}

}  // namespace

void erase(const Erasure& erasure, const RowShape& shape, std::byte* row) {
  const std::vector<double>& values = erasure.op->value;
  RandomStream random = erasure.random;
  NormalStream normal(random);
  const Rect& rect = erasure.rect;
  for (int c = 0; c < shape.channels; ++c) {
    const double constant = values.empty() ? 0.0 : values[values.size() == 1 ? 0 : static_cast<std::size_t>(c)];
    for (int y = rect.y; y < rect.bottom(); ++y) {
      for (int x = rect.x; x < rect.right(); ++x) {
        const double value = values.empty() ? normal.next() : constant;
        write_value(static_cast<float>(value), shape.dtype, row + index_of(shape, c, y, x) * size_of(shape.dtype));
      }
    }
  }
}

}  // namespace slabring
