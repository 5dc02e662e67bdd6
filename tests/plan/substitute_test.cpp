#include "plan/substitute.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <set>

namespace slabring {
namespace {

constexpr std::uint64_t samples = 10;

std::uint64_t nth(std::uint64_t id, std::uint32_t number, std::uint64_t seed = 1, std::uint64_t epoch = 0) {
  return to_index(substitute_for(SampleId{id}, number, seed, epoch, samples));
}

TEST(Substitute, IsAnySampleButTheFailedOneEachAsLikely) {
  std::array<int, samples> counts{};
  constexpr int draws = 9000;
  for (int epoch = 0; epoch < draws; ++epoch) ++counts[nth(4, 1, 1, static_cast<std::uint64_t>(epoch))];
  EXPECT_EQ(counts[4], 0);
  double chi_square = 0;
  for (std::size_t id = 0; id < samples; ++id) {
    if (id == 4) continue;
    const double off = counts[id] - 1000.0;
    chi_square += off * off / 1000.0;
  }
  EXPECT_LT(chi_square, 26.1);  // 8 degrees of freedom, p = 0.001
}

TEST(Substitute, OfTwoSamplesIsTheOther) {
  for (std::uint32_t number = 1; number <= max_substitutes; ++number) {
    EXPECT_EQ(to_index(substitute_for(SampleId{0}, number, 3, 5, 2)), 1U);
    EXPECT_EQ(to_index(substitute_for(SampleId{1}, number, 3, 5, 2)), 0U);
  }
}

TEST(Substitute, DiffersByNumberSeedAndEpoch) {
  std::set<std::uint64_t> by_number;
  std::set<std::uint64_t> by_seed;
  std::set<std::uint64_t> by_epoch;
  for (std::uint32_t i = 1; i <= max_substitutes; ++i) {
    by_number.insert(nth(4, i));
    by_seed.insert(nth(4, 1, i));
    by_epoch.insert(nth(4, 1, 1, i));
  }
  EXPECT_GT(by_number.size(), 3U);
  EXPECT_GT(by_seed.size(), 3U);
  EXPECT_GT(by_epoch.size(), 3U);
}

TEST(Substitution, SurvivesItsBits) {
  const auto back = Substitution::from_bits(Substitution{7, SampleStatus::truncated}.bits());
  EXPECT_EQ(back.number, 7U);
  EXPECT_EQ(back.failure, SampleStatus::truncated);
}

TEST(Substitution, IsInBoundsWhateverTheBits) {
  for (const std::uint32_t bits : {0U, 0xffffffffU, 0x1ffU, 0xabcdef00U}) {
    const auto read = Substitution::from_bits(bits);
    EXPECT_GE(read.number, 1U);
    EXPECT_LE(read.number, max_substitutes);
    EXPECT_NE(to_string(read.failure), "unknown");
  }
}

}  // namespace
}  // namespace slabring
