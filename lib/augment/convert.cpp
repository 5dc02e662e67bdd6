#include "augment/convert.hpp"

#include <type_traits>

#include "base/vector_clones.hpp"

namespace slabring {
namespace {

float converted(int byte, std::size_t channel, const Normalize* normalize) noexcept {
  const float value = static_cast<float>(byte) / 255.0F;
  if (normalize == nullptr) return value;
  return (value - static_cast<float>(normalize->mean[channel])) / static_cast<float>(normalize->std[channel]);
}

// Writes a line of pixels; value_of(channel, byte) is what a byte becomes. Planar: the values of channel c begin at
// out + c * plane.
template <std::size_t channels, bool planar, bool mirrored, class ValueOf, class Value>
SLABRING_INLINED void write_line(const std::uint8_t* __restrict line, std::size_t width, std::size_t plane,
                                 const ValueOf& value_of, Value* __restrict out) {
  for (std::size_t x = 0; x < width; ++x) {
    const std::uint8_t* pixel = line + (mirrored ? width - 1 - x : x) * channels;
#pragma GCC unroll 4
    for (std::size_t c = 0; c < channels; ++c) {
      out[planar ? c * plane + x : x * channels + c] = value_of(c, pixel[c]);
    }
  }
}

// The commonest line of all. Taking every third byte is slow without byte shuffles (224x224: 0.087 -> 0.017 ms with
// AVX2), and one channel at a time is what the compiler makes shuffles of.
SLABRING_VECTOR_CLONES
void split_rgb(const std::uint8_t* line, std::size_t width, bool mirrored, std::size_t plane, std::uint8_t* out) {
  for (std::size_t c = 0; c < 3; ++c) {
    std::uint8_t* __restrict channel = out + c * plane;
    const std::uint8_t* __restrict bytes = line + c;
    if (mirrored) {
      for (std::size_t x = 0; x < width; ++x) channel[x] = bytes[(width - 1 - x) * 3];
    } else {
      for (std::size_t x = 0; x < width; ++x) channel[x] = bytes[x * 3];
    }
  }
}

}  // namespace

// The loops, one for each combination of element type, channels and layout.
struct LineWriter {
  struct Bytes {
    using Value = std::uint8_t;
    explicit Bytes(const Converter&) noexcept {}
    Value operator()(std::size_t /*channel*/, std::uint8_t byte) const noexcept { return byte; }
  };
  struct Halves {
    using Value = std::uint16_t;
    explicit Halves(const Converter& converter) noexcept : table(converter.f16_.data()) {}
    Value operator()(std::size_t channel, std::uint8_t byte) const noexcept { return table[channel * 256 + byte]; }
    const Value* table;
  };
  struct Floats {
    using Value = float;
    explicit Floats(const Converter& converter) noexcept : table(converter.f32_.data()) {}
    Value operator()(std::size_t channel, std::uint8_t byte) const noexcept { return table[channel * 256 + byte]; }
    const Value* table;
  };

  template <class ValueOf, std::size_t channels, bool planar>
  static void write(const Converter& converter, int y, const std::uint8_t* line, bool mirrored, std::byte* row) {
    const auto width = static_cast<std::size_t>(converter.shape_.width);
    const std::size_t plane = width * static_cast<std::size_t>(converter.shape_.height);
    auto* out =
        reinterpret_cast<typename ValueOf::Value*>(row) + static_cast<std::size_t>(y) * width * (planar ? 1 : channels);
    if constexpr (planar && channels == 3 && std::is_same_v<ValueOf, Bytes>) {
      split_rgb(line, width, mirrored, plane, out);
    } else if (mirrored) {
      write_line<channels, planar, true>(line, width, plane, ValueOf(converter), out);
    } else {
      write_line<channels, planar, false>(line, width, plane, ValueOf(converter), out);
    }
  }

  template <class ValueOf, std::size_t channels>
  static Converter::Write for_layout(Layout layout) noexcept {
    return layout == Layout::nchw ? write<ValueOf, channels, true> : write<ValueOf, channels, false>;
  }

  template <class ValueOf>
  static Converter::Write for_channels(const RowShape& shape) noexcept {
    switch (shape.channels) {
      case 1: return for_layout<ValueOf, 1>(shape.layout);
      case 2: return for_layout<ValueOf, 2>(shape.layout);
      case 3: return for_layout<ValueOf, 3>(shape.layout);
      default: return for_layout<ValueOf, 4>(shape.layout);
    }
  }

  static Converter::Write for_shape(const RowShape& shape) noexcept {
    switch (shape.dtype) {
      case DType::f16: return for_channels<Halves>(shape);
      case DType::f32: return for_channels<Floats>(shape);
      case DType::u8: break;
    }
    return for_channels<Bytes>(shape);
  }
};

Converter::Converter(const RowShape& shape, const Normalize* normalize)
    : shape_(shape),
      keeps_bytes_(shape.dtype == DType::u8 && (shape.layout == Layout::nhwc || shape.channels == 1)),
      line_values_(static_cast<std::size_t>(shape.width) * static_cast<std::size_t>(shape.channels)),
      write_(LineWriter::for_shape(shape)) {
  for (std::size_t c = 0; c < static_cast<std::size_t>(shape.channels); ++c) {
    for (int byte = 0; byte < 256; ++byte) {
      const float value = converted(byte, c, normalize);
      if (shape.dtype == DType::f32) f32_.push_back(value);
      if (shape.dtype == DType::f16) f16_.push_back(to_half(value));
    }
  }
}

}  // namespace slabring
