#include <algorithm>
#include <array>

#include "decode/native_jpeg/dct_constants.hpp"
#include "decode/native_jpeg/inverse_dct.hpp"

namespace slabring::native_jpeg::plain {
namespace {

using Line = std::array<std::int16_t, block_side>;

std::uint32_t product(std::int16_t value, int constant) {
  return static_cast<std::uint32_t>(value) * static_cast<std::uint32_t>(constant);
}

template <int shift>
std::int32_t shifted(std::uint32_t value) {
  return static_cast<std::int32_t>(value + (1U << (shift - 1))) >> shift;
}

std::int16_t saturated(std::int32_t value) { return static_cast<std::int16_t>(std::clamp(value, -32768, 32767)); }

template <int shift>
std::int16_t descaled(std::uint32_t value) {
  return saturated(shifted<shift>(value));
}

/// One pass over a row or a column; the fifth value, a frequency too high for all of the results, does not matter.
template <int shift>
std::array<std::int16_t, 4> line_to_4(const Line& in) {
  using namespace dct;
  const std::uint32_t dc = product(in[0], 1 << 14);
  const std::uint32_t even = product(in[2], f1_847) + product(in[6], -f0_765);
  const std::uint32_t inner =
      product(in[7], -f0_211) + product(in[5], f1_451) + product(in[3], -f2_172) + product(in[1], f1_061);
  const std::uint32_t outer =
      product(in[7], -f0_509) + product(in[5], -f0_601) + product(in[3], f0_899) + product(in[1], f2_562);
  return {descaled<shift>(dc + even + outer), descaled<shift>(dc - even + inner), descaled<shift>(dc - even - inner),
          descaled<shift>(dc + even - outer)};
}

/// What the odd frequencies of a line add to one half and take from the other.
std::uint32_t odd_of_2(const Line& in) {
  using namespace dct;
  return product(in[7], -f0_720) + product(in[5], f0_850) + product(in[3], -f1_272) + product(in[1], f3_624);
}

Line dequantized_column(const BlockTask& task, std::size_t x) {
  Line column;
  for (std::size_t y = 0; y < block_side; ++y) {
    const std::size_t i = y * block_side + x;
    column[y] = static_cast<std::int16_t>(task.coefficients[i] * task.quantization[i]);
  }
  return column;
}

/// libjpeg-turbo passes over the first pass then, by a shift that wraps where the pass would saturate.
bool has_one_row(const BlockTask& task) {
  for (int y = 1; y < block_side; ++y) {
    const std::int16_t* row = task.coefficients + y * block_side;
    if (y != 4 && std::any_of(row, row + block_side, [](int c) { return c != 0; })) return false;
  }
  return true;
}

}  // namespace

void inverse_dct_to_4(const BlockTask& task) {
  const bool one_row = has_one_row(task);
  std::array<Line, 4> rows;
  for (std::size_t x = 0; x < block_side; ++x) {
    const Line column = dequantized_column(task, x);
    auto samples = line_to_4<dct::first_shift + 1>(column);
    if (one_row) samples.fill(static_cast<std::int16_t>(column[0] * 4));
    for (std::size_t y = 0; y < 4; ++y) rows[y][x] = samples[y];
  }
  for (std::size_t y = 0; y < 4; ++y) {
    const auto samples = line_to_4<dct::second_shift + 1>(rows[y]);
    std::transform(samples.begin(), samples.end(), task.out + static_cast<std::ptrdiff_t>(y) * task.stride,
                   clamped_sample);
  }
}

void inverse_dct_to_2(const BlockTask& task) {
  std::array<Line, 2> rows;
  std::array<std::uint32_t, 2> means{};  // of the first column, which libjpeg-turbo's vector code does not saturate
  for (std::size_t x = 0; x < block_side; ++x) {
    const Line column = dequantized_column(task, x);
    const std::uint32_t dc = product(column[0], 1 << 15);
    const std::uint32_t odd = odd_of_2(column);
    const std::int32_t samples[] = {shifted<dct::first_shift + 2>(dc + odd), shifted<dct::first_shift + 2>(dc - odd)};
    for (std::size_t y = 0; y < 2; ++y) {
      if (x == 0) means[y] = static_cast<std::uint32_t>(samples[y]) << 15;
      rows[y][x] = saturated(samples[y]);
    }
  }
  for (std::size_t y = 0; y < 2; ++y) {
    std::uint8_t* out = task.out + static_cast<std::ptrdiff_t>(y) * task.stride;
    const std::uint32_t odd = odd_of_2(rows[y]);
    out[0] = clamped_sample(descaled<dct::second_shift + 2>(means[y] + odd));
    out[1] = clamped_sample(descaled<dct::second_shift + 2>(means[y] - odd));
  }
}

}  // namespace slabring::native_jpeg::plain
