#include "decode/native_jpeg/inverse_dct.hpp"

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <vector>

#include "augment/every_target.hpp"
#include "decode/native_jpeg/frame.hpp"

namespace slabring::native_jpeg {
namespace {

constexpr std::size_t most_blocks = 5;
constexpr std::ptrdiff_t stride = 8 * most_blocks + 3;
using Samples = std::array<std::uint8_t, 8 * static_cast<std::size_t>(stride)>;

class InverseDct : public test::EveryTarget {
 protected:
  /// Coefficients up to zigzag index `last`, of up to `size` in either direction.
  void draw(int last, int size) {
    for (auto& block : blocks_) {
      block.fill(0);
      for (int i = 0; i <= last; ++i) {
        // Many zeros, and rows of nothing else, as there are in images.
        if (random_() % 3 == 0) continue;
        block[zigzag.place[static_cast<std::size_t>(i)]] =
            static_cast<std::int16_t>(static_cast<int>(random_() % static_cast<unsigned>(2 * size + 1)) - size);
      }
    }
    for (std::int16_t& divisor : quantization_) divisor = static_cast<std::int16_t>(1 + random_() % 100);
  }

  std::vector<BlockTask> tasks(Samples& samples, std::size_t count) {
    std::vector<BlockTask> all;
    for (std::size_t i = 0; i < count; ++i) {
      all.push_back({blocks_[i].data(), quantization_.data(), samples.data() + 8 * i, stride});
    }
    return all;
  }

  template <class Transform>
  void expect_equal(std::size_t count, const Transform& transform,
                    void (*reference)(const BlockTask&) = plain::inverse_dct) {
    Samples expected;
    Samples found;
    expected.fill(0xa5);
    found.fill(0xa5);
    for (const BlockTask& task : tasks(expected, count)) reference(task);
    transform(tasks(found, count).data(), count);
    ASSERT_EQ(found, expected) << count << " blocks";
  }

  alignas(32) std::array<std::array<std::int16_t, 64>, most_blocks> blocks_;
  Quantization quantization_{};
  std::mt19937 random_{1};
};

TEST_P(InverseDct, EqualsThePlainOne) {
  for (int turn = 0; turn < 3000; ++turn) {
    draw(63, turn % 2 == 0 ? 30 : 2000);
    expect_equal(1 + static_cast<std::size_t>(turn) % most_blocks, inverse_dct);
  }
}

TEST_P(InverseDct, OfFewEqualsThePlainOne) {
  for (int turn = 0; turn < 3000; ++turn) {
    draw(last_of_few, turn % 2 == 0 ? 30 : 2000);
    expect_equal(1 + static_cast<std::size_t>(turn) % most_blocks, inverse_dct_of_few);
    expect_equal(1 + static_cast<std::size_t>(turn) % most_blocks, inverse_dct);
  }
}

TEST_P(InverseDct, ToSmallerBlocksEqualsThePlainOnesAlsoOfDamagedBlocks) {
  for (int turn = 0; turn < 6000; ++turn) {
    const bool few = turn % 5 == 0;
    draw(few ? last_of_few : 63, std::vector{30, 2000, 32767}[static_cast<std::size_t>(turn) % 3]);
    if (turn % 7 == 0) {  // but the row that does not count
      for (auto& block : blocks_) {
        for (std::size_t i = 8; i < block.size(); ++i) block[i] = i / 8 == 4 ? block[i] : std::int16_t{0};
      }
    }
    const auto count = 1 + static_cast<std::size_t>(turn) % most_blocks;
    expect_equal(count, inverse_dct_to_4, plain::inverse_dct_to_4);
    expect_equal(count, inverse_dct_to_2, plain::inverse_dct_to_2);
    if (!few) continue;
    expect_equal(count, inverse_dct_of_few_to_4, plain::inverse_dct_to_4);
    expect_equal(count, inverse_dct_of_few_to_2, plain::inverse_dct_to_2);
  }
}

TEST_P(InverseDct, OfAFirstCoefficientFillsSmallerBlocksLikeThePlainOnes) {
  quantization_.fill(3);
  for (int coefficient = -32768; coefficient < 32768; coefficient += 37) {
    blocks_[0].fill(0);
    blocks_[0][0] = static_cast<std::int16_t>(coefficient);
    expect_equal(1, inverse_dct_of_first_to_4, plain::inverse_dct_to_4);
    expect_equal(1, inverse_dct_of_first_to_2, plain::inverse_dct_to_2);
    ASSERT_FALSE(HasFailure()) << coefficient;
  }
}

/// Sums that overflow, products that do, first rows that saturate.
TEST_P(InverseDct, OfDamagedBlocksEqualsThePlainOne) {
  for (int turn = 0; turn < 3000; ++turn) {
    const bool few = turn % 2 == 0;
    draw(few ? last_of_few : 63, 32767);
    if (turn % 3 == 0) {
      for (auto& block : blocks_) std::fill(block.begin() + 8, block.end(), std::int16_t{0});
    }
    expect_equal(most_blocks, few ? inverse_dct_of_few : inverse_dct);
  }
}

TEST_P(InverseDct, OfAFirstCoefficientEqualsThePlainOne) {
  for (int coefficient = -2048; coefficient <= 2047; ++coefficient) {
    for (const int divisor : {1, 3, 16, 255}) {
      blocks_[0].fill(0);
      blocks_[0][0] = static_cast<std::int16_t>(coefficient);
      quantization_.fill(static_cast<std::int16_t>(divisor));
      expect_equal(1, inverse_dct_of_first);
      expect_equal(1, inverse_dct);
      ASSERT_FALSE(HasFailure()) << coefficient << " times " << divisor;
    }
  }
}

TEST_P(InverseDct, OfSeveralFirstCoefficientsEqualsThePlainOne) {
  for (int turn = 0; turn < 100; ++turn) {
    draw(0, 1000);
    expect_equal(1 + static_cast<std::size_t>(turn) % most_blocks, inverse_dct_of_first);
  }
}

INSTANTIATE_TEST_SUITE_P(, InverseDct, ::testing::ValuesIn(kernel_targets()), test::target_name);

}  // namespace
}  // namespace slabring::native_jpeg
