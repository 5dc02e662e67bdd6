#pragma once

#include <cstddef>
#include <cstdint>

#include "decode/native_jpeg/frame.hpp"

namespace slabring::native_jpeg {

// Inverse DCT: libjpeg's "islow" in 16 and 32 bits, with the rounding, the wrapping and the saturation that
// libjpeg-turbo's vector code has. That code differs from its C code where sums overflow, which takes a damaged file.

/// A block and where its samples go: 8 rows of 8, or what a smaller transform makes of it.
struct BlockTask {
  const std::int16_t* coefficients;  ///< row by row; aligned to 32 bytes
  const std::int16_t* quantization;
  std::uint8_t* out;
  std::ptrdiff_t stride;
};

/// Zigzag indexes up to this one lie in the first four rows and columns.
inline constexpr int last_of_few = 9;
inline constexpr std::size_t rows_of_few = 4;

/// `count` blocks. Requires: count > 0. Of each size there are three, for all blocks, for those that are zero behind
/// last_of_few, and for those of nothing but a first coefficient.
void inverse_dct(const BlockTask* tasks, std::size_t count);
void inverse_dct_of_few(const BlockTask* tasks, std::size_t count);
void inverse_dct_of_first(const BlockTask* tasks, std::size_t count);

/// Half and a quarter of the size, from the low frequencies: 4 rows of 4 samples, 2 rows of 2 (libjpeg's jidctred.c).
void inverse_dct_to_4(const BlockTask* tasks, std::size_t count);
void inverse_dct_to_2(const BlockTask* tasks, std::size_t count);
void inverse_dct_of_few_to_4(const BlockTask* tasks, std::size_t count);
void inverse_dct_of_few_to_2(const BlockTask* tasks, std::size_t count);
void inverse_dct_of_first_to_4(const BlockTask* tasks, std::size_t count);
void inverse_dct_of_first_to_2(const BlockTask* tasks, std::size_t count);

namespace plain {
void inverse_dct(const BlockTask& task);
void inverse_dct_to_4(const BlockTask& task);
void inverse_dct_to_2(const BlockTask& task);
}  // namespace plain

inline std::uint8_t clamped_sample(int value) {
  return static_cast<std::uint8_t>((value < -128 ? -128 : value > 127 ? 127 : value) + 128);
}

/// The single sample that an eighth of the size leaves of any block; libjpeg looks it up by ten bits.
inline std::uint8_t sample_of_mean(int coefficient, int quantization) {
  const int value = (coefficient * quantization + 4) >> 3;
  return clamped_sample(((value & 1023) ^ 512) - 512);
}

}  // namespace slabring::native_jpeg
