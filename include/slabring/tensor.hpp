#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "slabring/export.hpp"

namespace slabring {

/// Element types of a batch. f16 is IEEE 754 binary16, bf16 the upper half of a float32. Images become u8, f16, f32 or
/// bf16; samples that are arrays may have any of them.
enum class DType : std::uint8_t { u8, f16, f32, bf16, f64, i8, i16, i32, i64, u16, u32, u64 };
/// Order of the axes: batch, channel, height, width or batch, height, width, channel.
enum class Layout : std::uint8_t { nchw, nhwc };

constexpr std::size_t size_of(DType dtype) noexcept {
  switch (dtype) {
    case DType::f64:
    case DType::i64:
    case DType::u64: return 8;
    case DType::f32:
    case DType::i32:
    case DType::u32: return 4;
    case DType::f16:
    case DType::bf16:
    case DType::i16:
    case DType::u16: return 2;
    default: return 1;
  }
}
SLABRING_API std::string_view to_string(DType dtype) noexcept;
SLABRING_API std::string_view to_string(Layout layout) noexcept;

/// A number for each axis, the slowest first: a shape or strides. At most `most` of them; one more is a programming
/// error.
class Axes {
 public:
  static constexpr std::size_t most = 8;
  using value_type = std::int64_t;
  using iterator = const std::int64_t*;
  using const_iterator = const std::int64_t*;

  constexpr Axes() noexcept = default;
  constexpr Axes(std::initializer_list<std::int64_t> values) noexcept {
    for (const std::int64_t value : values) push_back(value);
  }

  constexpr void push_back(std::int64_t value) noexcept { values_[count_++] = value; }
  constexpr std::size_t size() const noexcept { return count_; }
  constexpr bool empty() const noexcept { return count_ == 0; }
  constexpr const std::int64_t* begin() const noexcept { return values_.data(); }
  constexpr const std::int64_t* end() const noexcept { return values_.data() + count_; }
  constexpr std::int64_t& operator[](std::size_t axis) noexcept { return values_[axis]; }
  constexpr std::int64_t operator[](std::size_t axis) const noexcept { return values_[axis]; }
  /// Of a shape: how many elements it has; 1 without axes.
  constexpr std::size_t elements() const noexcept {
    std::size_t product = 1;
    for (const std::int64_t extent : *this) product *= static_cast<std::size_t>(extent);
    return product;
  }
  constexpr bool operator==(const Axes& other) const noexcept {
    return std::equal(begin(), end(), other.begin(), other.end());
  }

 private:
  std::array<std::int64_t, most> values_{};
  std::size_t count_ = 0;
};

/// The shape of one row (one sample) of a batch: an image, or an array of any shape.
struct RowShape {
  int height = 0;
  int width = 0;
  int channels = 0;
  DType dtype = DType::u8;
  Layout layout = Layout::nchw;
  /// Of rows that are arrays; the image's numbers mean nothing then.
  std::optional<Axes> array{};

  std::size_t elements() const noexcept {
    if (array) return array->elements();
    return static_cast<std::size_t>(height) * static_cast<std::size_t>(width) * static_cast<std::size_t>(channels);
  }
  std::size_t bytes() const noexcept { return elements() * size_of(dtype); }
  bool operator==(const RowShape&) const = default;
};

/// A batch's images, or its arrays, in place: contiguous, so that one copy of size_bytes() from data() takes it to a
/// device. Valid as long as the Batch it came from.
struct Tensor {
  std::byte* data = nullptr;
  DType dtype = DType::u8;
  Layout layout = Layout::nchw;  ///< of images
  Axes shape{};                  ///< the batch first; of images in the order of `layout`
  Axes strides{};                ///< in bytes

  std::size_t size_bytes() const noexcept { return shape.elements() * size_of(dtype); }
  /// The elements as T. Requires: sizeof(T) == size_of(dtype).
  template <class T>
  T* as() const noexcept {
    return reinterpret_cast<T*>(data);
  }
};

}  // namespace slabring
