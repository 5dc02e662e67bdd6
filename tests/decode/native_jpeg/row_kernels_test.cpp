#include "decode/native_jpeg/row_kernels.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "augment/every_target.hpp"

namespace slabring::native_jpeg {
namespace {

using Row = std::vector<std::uint8_t>;

class RowKernels : public test::EveryTarget {
 protected:
  /// Samples with a neighbour before them and what kernels may read behind them.
  Row samples(std::size_t count) {
    Row row(1 + count + samples_beyond);
    for (std::uint8_t& sample : row) sample = static_cast<std::uint8_t>(random_());
    return row;
  }

  /// What a kernel writes, cut to what it promises.
  template <class Kernel>
  static Row output(std::size_t promised, std::size_t beyond, const Kernel& kernel) {
    Row out(promised + beyond, 0xa5);
    kernel(out.data());
    out.resize(promised);
    return out;
  }

  std::mt19937 random_{1};
};

TEST_P(RowKernels, UpsamplingEqualsThePlainOneForEveryWidth) {
  constexpr std::size_t beyond = 2 * samples_beyond;
  for (std::size_t count = 1; count <= 130; ++count) {
    const Row row = samples(count);
    const Row other = samples(count);
    const std::uint8_t* a = row.data() + 1;
    const std::uint8_t* b = other.data() + 1;
    ASSERT_EQ(output(2 * count, beyond, [&](std::uint8_t* out) { upsample_row(a, count, out); }),
              output(2 * count, beyond, [&](std::uint8_t* out) { plain::upsample_row(a, count, out); }));
    ASSERT_EQ(output(2 * count, beyond, [&](std::uint8_t* out) { upsample_rows(a, b, count, out); }),
              output(2 * count, beyond, [&](std::uint8_t* out) { plain::upsample_rows(a, b, count, out); }));
    for (const int bias : {1, 2}) {
      ASSERT_EQ(output(count, beyond, [&](std::uint8_t* out) { blend_chroma_rows(a, b, count, bias, out); }),
                output(count, beyond, [&](std::uint8_t* out) { plain::blend_chroma_rows(a, b, count, bias, out); }));
    }
  }
}

TEST_P(RowKernels, ColoursEqualThePlainOnesForEveryWidth) {
  for (std::size_t count = 1; count <= 130; ++count) {
    const Row y = samples(count);
    const Row cb = samples(count);
    const Row cr = samples(count);
    ASSERT_EQ(output(3 * count, 0, [&](std::uint8_t* out) { ycc_to_rgb(y.data(), cb.data(), cr.data(), count, out); }),
              output(3 * count, 0,
                     [&](std::uint8_t* out) { plain::ycc_to_rgb(y.data(), cb.data(), cr.data(), count, out); }));
    ASSERT_EQ(output(3 * count, 0, [&](std::uint8_t* out) { grey_to_rgb(y.data(), count, out); }),
              output(3 * count, 0, [&](std::uint8_t* out) { plain::grey_to_rgb(y.data(), count, out); }));
  }
}

TEST_P(RowKernels, EveryColourIsThePlainOne) {
  constexpr std::size_t count = 256;
  Row cr(count + samples_beyond);
  for (std::size_t i = 0; i < count; ++i) cr[i] = static_cast<std::uint8_t>(i);
  for (unsigned luma = 0; luma < 256; luma += 5) {
    const Row y(count + samples_beyond, static_cast<std::uint8_t>(luma));
    for (unsigned blue = 0; blue < 256; ++blue) {
      const Row cb(count + samples_beyond, static_cast<std::uint8_t>(blue));
      Row found(3 * count);
      Row expected(3 * count);
      ycc_to_rgb(y.data(), cb.data(), cr.data(), count, found.data());
      plain::ycc_to_rgb(y.data(), cb.data(), cr.data(), count, expected.data());
      ASSERT_EQ(found, expected) << "y " << luma << ", cb " << blue;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, RowKernels, ::testing::ValuesIn(kernel_targets()), test::target_name);

}  // namespace
}  // namespace slabring::native_jpeg
