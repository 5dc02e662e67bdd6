#include "augment/convert.hpp"

#include <cstring>

namespace slabring {
namespace {

float converted(int byte, std::size_t channel, const Normalize* normalize) noexcept {
  const float value = static_cast<float>(byte) / 255.0F;
  if (normalize == nullptr) return value;
  return (value - static_cast<float>(normalize->mean[channel])) / static_cast<float>(normalize->std[channel]);
}

}  // namespace

// The loops, one for each combination of element type, channels, layout and mirroring.
struct LineWriter {
  struct Bytes {
    using Value = std::uint8_t;
    Bytes(const Converter&, std::size_t) noexcept {}
    Value operator()(std::uint8_t byte) const noexcept { return byte; }
  };
  struct Halves {
    using Value = std::uint16_t;
    Halves(const Converter& converter, std::size_t channel) noexcept : table(converter.f16_[channel].data()) {}
    Value operator()(std::uint8_t byte) const noexcept { return table[byte]; }
    const Value* table;
  };
  struct Floats {
    using Value = float;
    Floats(const Converter& converter, std::size_t channel) noexcept : table(converter.f32_[channel].data()) {}
    Value operator()(std::uint8_t byte) const noexcept { return table[byte]; }
    const Value* table;
  };

  // Every `channels`th byte from `line` on becomes every `step`th value from `out` on.
  template <class Lookup, std::size_t channels, std::size_t step, bool mirrored>
  static void write_channel(const std::uint8_t* line, std::size_t width, const Lookup lookup,
                            typename Lookup::Value* __restrict out) {
    for (std::size_t x = 0; x < width; ++x) {
      const std::size_t from = mirrored ? width - 1 - x : x;
      out[x * step] = lookup(line[from * channels]);
    }
  }

  template <class Lookup, std::size_t channels, bool planar>
  static void write(const Converter& converter, int y, const std::uint8_t* line, bool mirrored, std::byte* row) {
    const auto width = static_cast<std::size_t>(converter.shape_.width);
    const std::size_t plane = width * static_cast<std::size_t>(converter.shape_.height);
    auto* out = reinterpret_cast<typename Lookup::Value*>(row) +
                static_cast<std::size_t>(y) * (planar ? width : width * channels);
    for (std::size_t c = 0; c < channels; ++c) {
      constexpr std::size_t step = planar ? 1 : channels;
      const auto write_one =
          mirrored ? write_channel<Lookup, channels, step, true> : write_channel<Lookup, channels, step, false>;
      write_one(line + c, width, Lookup(converter, c), out + c * (planar ? plane : 1));
    }
  }

  template <class Lookup, bool planar>
  static Converter::Write for_channels(int channels) noexcept {
    switch (channels) {
      case 1: return write<Lookup, 1, planar>;
      case 2: return write<Lookup, 2, planar>;
      case 3: return write<Lookup, 3, planar>;
      default: return write<Lookup, 4, planar>;
    }
  }

  template <bool planar>
  static Converter::Write for_shape(const RowShape& shape) noexcept {
    switch (shape.dtype) {
      case DType::f16: return for_channels<Halves, planar>(shape.channels);
      case DType::f32: return for_channels<Floats, planar>(shape.channels);
      case DType::u8: break;
    }
    return for_channels<Bytes, planar>(shape.channels);
  }
};

Converter::Converter(const RowShape& shape, const Normalize* normalize)
    : shape_(shape),
      keeps_bytes_(shape.dtype == DType::u8 && (shape.layout == Layout::nhwc || shape.channels == 1)),
      line_values_(static_cast<std::size_t>(shape.width) * static_cast<std::size_t>(shape.channels)),
      write_(shape.layout == Layout::nchw ? LineWriter::for_shape<true>(shape) : LineWriter::for_shape<false>(shape)) {
  const auto channels = static_cast<std::size_t>(shape.channels);
  f32_.resize(shape.dtype == DType::f32 ? channels : 0);
  f16_.resize(shape.dtype == DType::f16 ? channels : 0);
  for (std::size_t c = 0; c < channels; ++c) {
    for (int byte = 0; byte < 256; ++byte) {
      const float value = converted(byte, c, normalize);
      const auto index = static_cast<std::size_t>(byte);
      if (!f32_.empty()) f32_[c][index] = value;
      if (!f16_.empty()) f16_[c][index] = to_half(value);
    }
  }
}

}  // namespace slabring
