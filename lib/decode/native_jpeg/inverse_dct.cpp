#include "decode/native_jpeg/inverse_dct.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "decode/native_jpeg/dct_constants.hpp"

namespace slabring::native_jpeg::plain {
namespace {

// In the vector code additions before a multiplication wrap at 16 bits, those after it at 32.
std::int32_t sum16(int a, int b) { return static_cast<std::int16_t>(a + b); }
std::int32_t difference16(int a, int b) { return static_cast<std::int16_t>(a - b); }

std::uint32_t product(std::int32_t value, int constant) {
  return static_cast<std::uint32_t>(value) * static_cast<std::uint32_t>(constant);
}

using Line = std::array<std::int16_t, block_side>;

/// One pass over a row or a column; each result is shifted right by `shift`, rounded.
template <int shift>
Line transform_line(const Line& in) {
  using namespace dct;
  const std::uint32_t rounding = 1U << (shift - 1);
  const std::uint32_t even04 = product(sum16(in[0], in[4]), 1 << 13) + rounding;
  const std::uint32_t odd04 = product(difference16(in[0], in[4]), 1 << 13) + rounding;
  const std::uint32_t t2 = product(in[2], f0_541) + product(in[6], f0_541 - f1_847);
  const std::uint32_t t3 = product(in[2], f0_541 + f0_765) + product(in[6], f0_541);
  const std::uint32_t even[4] = {even04 + t3, odd04 + t2, odd04 - t2, even04 - t3};

  const std::int32_t z3 = sum16(in[7], in[3]);
  const std::int32_t z4 = sum16(in[5], in[1]);
  const std::uint32_t a3 = product(z3, f1_175 - f1_961) + product(z4, f1_175);
  const std::uint32_t a4 = product(z3, f1_175) + product(z4, f1_175 - f0_390);
  const std::uint32_t odd[4] = {product(in[7], -f0_899) + product(in[1], f1_501 - f0_899) + a4,
                                product(in[5], -f2_562) + product(in[3], f3_072 - f2_562) + a3,
                                product(in[5], f2_053 - f2_562) + product(in[3], -f2_562) + a4,
                                product(in[7], f0_298 - f0_899) + product(in[1], -f0_899) + a3};
  const auto descaled = [](std::uint32_t value) {
    return static_cast<std::int16_t>(std::clamp(static_cast<std::int32_t>(value) >> shift, -32768, 32767));
  };
  Line out;
  for (std::size_t i = 0; i < 4; ++i) {
    out[i] = descaled(even[i] + odd[i]);
    out[7 - i] = descaled(even[i] - odd[i]);
  }
  return out;
}

/// libjpeg-turbo passes over the first pass then, by a shift that wraps where the pass would saturate.
bool has_one_row(const BlockTask& task) {
  return std::all_of(task.coefficients + block_side, task.coefficients + block_size, [](int c) { return c == 0; });
}

}  // namespace

void inverse_dct(const BlockTask& task) {
  const bool one_row = has_one_row(task);
  std::array<Line, block_side> columns;
  for (std::size_t x = 0; x < block_side; ++x) {
    Line column;
    for (std::size_t y = 0; y < block_side; ++y) {
      const std::size_t i = y * block_side + x;
      column[y] = static_cast<std::int16_t>(task.coefficients[i] * task.quantization[i]);
    }
    columns[x] = transform_line<dct::first_shift>(column);
    if (one_row) columns[x].fill(static_cast<std::int16_t>(column[0] * 4));
  }
  for (std::size_t y = 0; y < block_side; ++y) {
    Line row;
    for (std::size_t x = 0; x < block_side; ++x) row[x] = columns[x][y];
    row = transform_line<dct::second_shift>(row);
    std::uint8_t* out = task.out + static_cast<std::ptrdiff_t>(y) * task.stride;
    for (std::size_t x = 0; x < block_side; ++x) {
      out[x] = static_cast<std::uint8_t>(std::clamp<int>(row[x], -128, 127) + 128);
    }
  }
}

}  // namespace slabring::native_jpeg::plain

namespace slabring::native_jpeg {
namespace {

/// A block of nothing but a first coefficient, whose samples are all the same.
std::uint8_t sample_of_dc(int coefficient, int quantization) {
  const auto scaled = static_cast<std::int16_t>(static_cast<std::uint32_t>(coefficient * quantization) << 2);
  return clamped_sample((scaled * (1 << 13) + (1 << 17)) >> 18);
}

/// The same for 2 rows of 2, where libjpeg-turbo wraps later; of damaged files that is.
std::uint8_t sample_of_dc_for_2(int coefficient, int quantization) {
  const auto scaled = static_cast<std::uint32_t>(static_cast<std::int16_t>(coefficient * quantization)) << 17;
  return clamped_sample(static_cast<std::int32_t>(scaled + (1U << 19)) >> 20);
}

template <std::size_t side>
void fill(std::uint8_t sample, const BlockTask& task) {
  const std::uint64_t samples = sample * std::uint64_t{0x0101010101010101};
  std::uint8_t* out = task.out;
  for (std::size_t y = 0; y < side; ++y, out += task.stride) std::memcpy(out, &samples, side);
}

}  // namespace

void inverse_dct_of_first(const BlockTask* tasks, std::size_t count) {
  for (const BlockTask* task = tasks; task != tasks + count; ++task) {
    fill<8>(sample_of_dc(task->coefficients[0], task->quantization[0]), *task);
  }
}

void inverse_dct_of_first_to_4(const BlockTask* tasks, std::size_t count) {
  for (const BlockTask* task = tasks; task != tasks + count; ++task) {
    fill<4>(sample_of_dc(task->coefficients[0], task->quantization[0]), *task);
  }
}

void inverse_dct_of_first_to_2(const BlockTask* tasks, std::size_t count) {
  for (const BlockTask* task = tasks; task != tasks + count; ++task) {
    fill<2>(sample_of_dc_for_2(task->coefficients[0], task->quantization[0]), *task);
  }
}

}  // namespace slabring::native_jpeg
