#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace slabring::native_jpeg {

using Bytes = std::span<const std::uint8_t>;

inline constexpr int max_components = 3;
inline constexpr int block_side = 8;
inline constexpr int block_size = 64;
inline constexpr int tables_of_a_kind = 4;

/// Zigzag index -> place in the block, row by row. Whatever lies past 63 goes to a place behind the block, so that
/// the decoder may store first and look at the index afterwards.
struct ZigZag {
  std::array<std::uint8_t, 256> place{};
  static constexpr int discarded = block_size;
  constexpr ZigZag();
};

constexpr ZigZag::ZigZag() {
  place.fill(discarded);
  int x = 0;
  int y = 0;
  for (std::size_t i = 0; i < block_size; ++i) {
    place[i] = static_cast<std::uint8_t>(y * block_side + x);
    const bool upwards = (x + y) % 2 == 0;
    int& along = upwards ? x : y;    // the coordinate that grows
    int& against = upwards ? y : x;  // the one that shrinks
    if (along == block_side - 1) {
      ++against;
    } else {
      ++along;
      if (against > 0) --against;
    }
  }
}

alignas(64) inline constexpr ZigZag zigzag;

/// A Huffman code as the file has it: how many codes of each length from 1 to 16, and what they stand for, in order.
struct HuffmanSpec {
  std::array<std::uint8_t, 16> counts{};
  Bytes symbols;
  bool defined = false;
};

/// Divisors of a block's coefficients, row by row, as the 16-bit numbers that libjpeg multiplies with.
using Quantization = std::array<std::int16_t, block_size>;

struct FrameComponent {
  int id = 0;
  int horizontal = 1;  ///< blocks an MCU has of it, side by side
  int vertical = 1;    ///< and below each other
  int quantization = 0;
  int dc_table = 0;
  int ac_table = 0;
};

/// The headers of a file of the kind that the native decoder reads. Everything is checked; spans point into the file.
struct Frame {
  int width = 0;
  int height = 0;
  int components = 0;  ///< 1: grey, 3: YCbCr, whose chroma has one block an MCU
  std::array<FrameComponent, max_components> component;
  std::array<Quantization, tables_of_a_kind> quantization;
  std::array<HuffmanSpec, tables_of_a_kind> dc;
  std::array<HuffmanSpec, tables_of_a_kind> ac;
  int restart_interval = 0;    ///< MCUs; 0: no restart markers
  int orientation = 1;         ///< EXIF, 1 to 8
  std::size_t scan_begin = 0;  ///< where the entropy-coded bytes begin

  int mcu_width() const noexcept { return block_side * component[0].horizontal; }
  int mcu_height() const noexcept { return block_side * component[0].vertical; }
  int mcu_columns() const noexcept { return (width + mcu_width() - 1) / mcu_width(); }
  int mcu_rows() const noexcept { return (height + mcu_height() - 1) / mcu_height(); }
  std::uint32_t mcus() const noexcept {
    return static_cast<std::uint32_t>(mcu_columns()) * static_cast<std::uint32_t>(mcu_rows());
  }
  /// Requires: restart_interval > 0.
  std::uint32_t segments() const noexcept {
    const auto interval = static_cast<std::uint32_t>(restart_interval);
    return (mcus() + interval - 1) / interval;
  }
};

/// Reads the headers up to the scan. False: this is another kind of JPEG, or none, or libjpeg-turbo might see something
/// in it that is not seen here; it has to decide, and `frame` is undefined.
///
/// True: sequential Huffman coding (SOF0, SOF1) of 8 bits in one scan, grey or surely YCbCr, sampled 4:4:4, 4:2:2,
/// 4:4:0 or 4:2:0, wide enough for smooth upsampling, with every table that the scan uses. The image may be larger
/// than any memory: who allocates has to check.
bool read_frame(Bytes file, Frame& frame);

}  // namespace slabring::native_jpeg
