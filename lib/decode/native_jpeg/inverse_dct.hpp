#pragma once

#include <cstddef>
#include <cstdint>

#include "decode/native_jpeg/frame.hpp"

namespace slabring::native_jpeg {

// Inverse DCT: libjpeg's "islow" in 16 and 32 bits, with the rounding, the wrapping and the saturation that
// libjpeg-turbo's vector code has. That code differs from its C code where sums overflow, which takes a damaged file.

/// A block and where its 8 rows of 8 samples go.
struct BlockTask {
  const std::int16_t* coefficients;  ///< row by row; aligned to 32 bytes
  const std::int16_t* quantization;
  std::uint8_t* out;
  std::ptrdiff_t stride;
};

/// Zigzag indexes up to this one lie in the first four rows and columns.
inline constexpr int last_of_few = 9;

/// `count` blocks. Requires: count > 0.
void inverse_dct(const BlockTask* tasks, std::size_t count);
/// The same for blocks that are zero behind last_of_few.
void inverse_dct_of_few(const BlockTask* tasks, std::size_t count);

namespace plain {
void inverse_dct(const BlockTask& task);
}

/// A block of nothing but a first coefficient.
inline std::uint8_t sample_of_dc(int coefficient, int quantization) {
  const auto scaled = static_cast<std::int16_t>(static_cast<std::uint32_t>(coefficient * quantization) << 2);
  const int value = (scaled * (1 << 13) + (1 << 17)) >> 18;
  return static_cast<std::uint8_t>((value < -128 ? -128 : value > 127 ? 127 : value) + 128);
}

}  // namespace slabring::native_jpeg
