#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "slabring/export.hpp"

namespace slabring {

/// Element types of a batch's images. f16 is IEEE 754 binary16.
enum class DType : std::uint8_t { u8, f16, f32 };
/// Order of the axes: batch, channel, height, width or batch, height, width, channel.
enum class Layout : std::uint8_t { nchw, nhwc };

constexpr std::size_t size_of(DType dtype) noexcept { return dtype == DType::u8 ? 1 : dtype == DType::f16 ? 2 : 4; }
SLABRING_API std::string_view to_string(DType dtype) noexcept;
SLABRING_API std::string_view to_string(Layout layout) noexcept;

/// The shape of one row (one sample) of a batch.
struct RowShape {
  int height = 0;
  int width = 0;
  int channels = 0;
  DType dtype = DType::u8;
  Layout layout = Layout::nchw;

  std::size_t bytes() const noexcept {
    return static_cast<std::size_t>(height) * static_cast<std::size_t>(width) * static_cast<std::size_t>(channels) *
           size_of(dtype);
  }
  bool operator==(const RowShape&) const = default;
};

/// A batch's images in place: contiguous, so that one copy of size_bytes() from data() takes it to a device.
/// Valid as long as the Batch it came from.
struct Tensor {
  std::byte* data = nullptr;
  DType dtype = DType::u8;
  Layout layout = Layout::nchw;
  std::array<std::int64_t, 4> shape{};    ///< in the order of `layout`
  std::array<std::int64_t, 4> strides{};  ///< in bytes

  std::size_t size_bytes() const noexcept {
    return static_cast<std::size_t>(shape[0] * shape[1] * shape[2] * shape[3]) * size_of(dtype);
  }
  /// The elements as T. Requires: sizeof(T) == size_of(dtype).
  template <class T>
  T* as() const noexcept {
    return reinterpret_cast<T*>(data);
  }
};

}  // namespace slabring
