#include "base/random.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <set>
#include <vector>

#include "slabring/transform.hpp"

namespace slabring {
namespace {

using Block = std::array<std::uint64_t, 2>;

constexpr std::uint32_t ones = 0xffffffffU;

// The known answers of Random123's kat_vectors for philox4x32-10: counter words are (sample low, sample high, op,
// block), key words (key low, key high).
TEST(RandomBlock, ZeroCounterAndKeyGiveTheKnownAnswer) {
  EXPECT_EQ(random_block(0, 0, 0, 0), (Block{0xe169c58d'6627e8d5U, 0x9b00dbd8'bc57ac4cU}));
}

TEST(RandomBlock, AllOnesGiveTheKnownAnswer) {
  EXPECT_EQ(random_block(~std::uint64_t{0}, ~std::uint64_t{0}, ones, ones),
            (Block{0x41c83b0e'408f276dU, 0x6d5451fd'a20bc7c6U}));
}

TEST(RandomBlock, DigitsOfPiGiveTheKnownAnswer) {
  EXPECT_EQ(random_block(0x299f31d0'a4093822U, 0x85a308d3'243f6a88U, 0x13198a2eU, 0x03707344U),
            (Block{0x94fdcceb'd16cfe09U, 0x24126ea1'5001e420U}));
}

TEST(EpochKey, DiffersBySeedEpochAndPurpose) {
  std::set<std::uint64_t> keys;
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    for (std::uint64_t epoch = 0; epoch < 4; ++epoch) {
      for (const auto purpose : {RandomPurpose::order, RandomPurpose::augment, RandomPurpose::substitute}) {
        keys.insert(epoch_key(seed, epoch, purpose));
      }
    }
  }
  EXPECT_EQ(keys.size(), 4U * 4U * 3U);
}

TEST(RandomStream, DeliversTheWordsOfItsBlocksInOrder) {
  RandomStream stream(7, SampleId{11}, 3);
  for (std::uint32_t block = 0; block < 5; ++block) {
    const Block expected = random_block(7, 11, 3, block);
    EXPECT_EQ(stream.bits(), expected[0]);
    EXPECT_EQ(stream.bits(), expected[1]);
  }
}

// What a seed gives must never change: digests, resumed runs and papers depend on it.
TEST(RandomStream, ValuesArePinned) {
  EXPECT_EQ(RandomStream(0, SampleId{0}, 0).bits(), 0xe169c58d'6627e8d5U);
  EXPECT_EQ(RandomStream(0, SampleId{0}, 0).uniform(), static_cast<double>(0xe169c58d'6627e8d5U >> 11) / 0x1p53);
  EXPECT_EQ(RandomStream(0, SampleId{0}, 0).below(1000), 880U);  // 0xe169c58d6627e8d5 * 1000 >> 64
}

TEST(RandomStream, StreamsOfKeysSamplesAndOpsDiffer) {
  std::set<std::uint64_t> firsts;
  for (std::uint64_t key = 0; key < 8; ++key) {
    for (std::uint64_t id = 0; id < 8; ++id) {
      for (std::uint32_t op = 0; op < 8; ++op) firsts.insert(RandomStream(key, SampleId{id}, op).bits());
    }
  }
  EXPECT_EQ(firsts.size(), 8U * 8U * 8U);
}

TEST(RandomStream, UniformCoversItsRangeEvenly) {
  RandomStream stream(1, SampleId{2}, 3);
  std::array<int, 10> histogram{};
  for (int i = 0; i < 100'000; ++i) {
    const double value = stream.uniform(-2.0, 3.0);
    ASSERT_GE(value, -2.0);
    ASSERT_LT(value, 3.0);
    ++histogram[static_cast<std::size_t>((value + 2.0) * 2.0)];
  }
  for (const int count : histogram) EXPECT_NEAR(count, 10'000, 500);  // five standard deviations
}

TEST(RandomStream, BelowReachesEveryValueEquallyOften) {
  RandomStream stream(1, SampleId{2}, 4);
  std::vector<int> histogram(7);
  for (int i = 0; i < 70'000; ++i) ++histogram.at(stream.below(7));
  for (const int count : histogram) EXPECT_NEAR(count, 10'000, 500);
}

TEST(RandomStream, BelowHasNoBiasForHugeBounds) {
  // Without the rejection, values of the lower half would come twice as often as those of the upper.
  constexpr std::uint64_t bound = std::uint64_t{3} << 62;
  RandomStream stream(1, SampleId{2}, 5);
  int lower_third = 0;
  for (int i = 0; i < 30'000; ++i) lower_third += stream.below(bound) < bound / 3 ? 1 : 0;
  EXPECT_NEAR(lower_third, 10'000, 450);
}

TEST(RandomStream, BelowOneIsZero) { EXPECT_EQ(RandomStream(5, SampleId{6}, 7).below(1), 0U); }

}  // namespace
}  // namespace slabring
