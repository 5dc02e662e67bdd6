#include "plan/permutation.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numeric>
#include <utility>
#include <vector>

#include "base/random.hpp"

namespace slabring {
namespace {

std::uint64_t order_key(std::uint64_t epoch) { return epoch_key(7, epoch, RandomPurpose::order); }

std::vector<std::uint64_t> whole_order(std::uint64_t n, std::uint64_t epoch) {
  const Permutation permutation(n, order_key(epoch));
  std::vector<std::uint64_t> order(n);
  for (std::uint64_t i = 0; i < n; ++i) order[i] = permutation(i);
  return order;
}

/// How many standard deviations Pearson's chi-square of `counts` against equal counts lies above its mean. With equal
/// chances it is about normal(0, 1), so 5 is an alarm that a right permutation does not raise by accident; a network of
/// two rounds fewer raises it by tens.
double skew(const std::vector<std::uint64_t>& counts) {
  const double total = static_cast<double>(std::accumulate(counts.begin(), counts.end(), std::uint64_t{0}));
  const double expected = total / static_cast<double>(counts.size());
  double chi_square = 0;
  for (const std::uint64_t count : counts) {
    const double off = static_cast<double>(count) - expected;
    chi_square += off * off / expected;
  }
  const double freedom = static_cast<double>(counts.size()) - 1;
  return (chi_square - freedom) / std::sqrt(2 * freedom);
}

constexpr double alarm = 5;

TEST(Permutation, IsABijectionForEverySizeUpTo2000) {
  std::vector<char> seen;
  for (std::uint64_t n = 1; n <= 2000; ++n) {
    const Permutation permutation(n, order_key(n));
    seen.assign(n, 0);
    for (std::uint64_t i = 0; i < n; ++i) {
      const std::uint64_t to = permutation(i);
      ASSERT_LT(to, n);
      ASSERT_FALSE(std::exchange(seen[to], 1)) << "n=" << n << " reaches " << to << " twice";
    }
  }
}

TEST(Permutation, IsABijectionAroundPowersOfTwo) {
  for (const std::uint64_t n : {(1U << 16) - 1, 1U << 16, (1U << 16) + 1, (1U << 17) + 1}) {
    std::vector<std::uint64_t> order = whole_order(n, 1);
    std::sort(order.begin(), order.end());
    for (std::uint64_t i = 0; i < n; ++i) ASSERT_EQ(order[i], i) << "n=" << n;
  }
}

TEST(Permutation, LargeSizesStayInRangeWithoutCollisions) {
  for (const std::uint64_t n : {Permutation::max_size, Permutation::max_size - 12345, (std::uint64_t{1} << 40) + 1}) {
    const Permutation permutation(n, order_key(n));
    std::vector<std::uint64_t> reached(300'000);
    const std::uint64_t step = n / reached.size();
    for (std::uint64_t i = 0; i < reached.size(); ++i) reached[i] = permutation(i % 2 == 0 ? i : i * step);
    EXPECT_LT(*std::max_element(reached.begin(), reached.end()), n);
    std::sort(reached.begin(), reached.end());
    EXPECT_EQ(std::adjacent_find(reached.begin(), reached.end()), reached.end()) << "n=" << n;
  }
}

TEST(Permutation, EveryOrderOfAFewElementsIsAboutEquallyLikely) {
  for (const std::uint64_t n : {2U, 3U, 4U, 5U}) {
    std::uint64_t orders = 1;
    for (std::uint64_t i = 2; i <= n; ++i) orders *= i;
    std::vector<std::uint64_t> counts(orders);
    for (std::uint64_t epoch = 0; epoch < 100 * orders; ++epoch) {
      const auto order = whole_order(n, epoch);
      std::uint64_t rank = 0;  // in the factorial number system: how many later elements are smaller
      for (std::size_t i = 0; i < n; ++i) {
        const auto smaller = std::count_if(order.begin() + static_cast<std::ptrdiff_t>(i), order.end(),
                                           [&](auto v) { return v < order[i]; });
        rank = rank * (n - i) + static_cast<std::uint64_t>(smaller);
      }
      ++counts[rank];
    }
    EXPECT_LT(skew(counts), alarm) << "n=" << n;
  }
}

TEST(Permutation, EveryPositionGoesEverywhereAboutEquallyOften) {
  for (const std::uint64_t n : {10U, 37U, 100U}) {
    std::vector<std::uint64_t> counts(n * n);
    for (std::uint64_t epoch = 0; epoch < 2000; ++epoch) {
      const auto order = whole_order(n, epoch);
      for (std::size_t i = 0; i < n; ++i) ++counts[i * n + order[i]];
    }
    EXPECT_LT(skew(counts), alarm) << "n=" << n;
  }
}

TEST(Permutation, NeighboursAreSentToAnyDistance) {
  for (const std::uint64_t n : {300U, 1024U, 5000U, 16384U}) {
    std::vector<std::uint64_t> counts(n - 1);
    for (std::uint64_t epoch = 0; epoch < 600; ++epoch) {
      const auto order = whole_order(n, epoch);
      for (std::size_t i = 1; i < n; ++i) ++counts[(order[i] + n - order[i - 1]) % n - 1];
    }
    EXPECT_LT(skew(counts), alarm) << "n=" << n;
  }
}

TEST(Permutation, PositionsThatDifferInOneHalfOfTheNetworkAreNotRelated) {
  for (const std::uint64_t n : {1024U, 4096U}) {
    for (const std::uint64_t bit : {std::uint64_t{1}, std::uint64_t{1} << (std::bit_width(n - 1) / 2)}) {
      std::vector<std::uint64_t> counts(n - 1);
      for (std::uint64_t epoch = 0; epoch < 1000; ++epoch) {
        const auto order = whole_order(n, epoch);
        for (std::uint64_t i = 0; i < n; ++i)
          if ((i & bit) == 0) ++counts[(order[i] ^ order[i | bit]) - 1];
      }
      EXPECT_LT(skew(counts), alarm) << "n=" << n << " bit=" << bit;
    }
  }
}

TEST(Permutation, SuccessiveEpochsAreNotCorrelated) {
  constexpr std::uint64_t n = 20'000;
  const double mean = (n - 1) / 2.0;
  const double variance = (static_cast<double>(n) * n - 1) / 12;
  auto before = whole_order(n, 0);
  for (std::uint64_t epoch = 1; epoch <= 20; ++epoch) {
    auto order = whole_order(n, epoch);
    double covariance = 0;
    for (std::size_t i = 0; i < n; ++i)
      covariance += (static_cast<double>(before[i]) - mean) * (static_cast<double>(order[i]) - mean) / n;
    // The rank correlation of two independent orders has deviation 1/sqrt(n-1).
    EXPECT_LT(std::abs(covariance / variance), 4.5 / std::sqrt(n - 1.0)) << "epoch " << epoch;
    before = std::move(order);
  }
}

TEST(Permutation, SortedClassesAreMixedInEveryBatch) {
  // A folder sorted by class is the usual case: 100 classes of 100 samples in order, batches of 200; the count of a
  // class in a batch is hypergeometric with mean 2.
  constexpr std::uint64_t classes = 100;
  constexpr std::uint64_t n = 10'000;
  constexpr std::uint64_t batch = 200;
  double sum_of_squares = 0;
  for (std::uint64_t epoch = 0; epoch < 10; ++epoch) {
    const auto order = whole_order(n, epoch);
    for (std::uint64_t first = 0; first < n; first += batch) {
      std::array<double, classes> counts{};
      for (std::uint64_t i = first; i < first + batch; ++i) counts[order[i] / (n / classes)] += 1;
      for (const double count : counts) sum_of_squares += (count - 2) * (count - 2);
    }
  }
  const double variance = sum_of_squares / (10.0 * (n / batch) * classes);
  const double hypergeometric = 2.0 * (1 - 1.0 / classes) * (n - batch) / (n - 1.0);
  EXPECT_NEAR(variance, hypergeometric, 0.03 * hypergeometric);
}

TEST(Permutation, OrderIsTheSameOnEveryMachine) {
  // Pinned values: a change here changes every run that is resumed with the same seed.
  const Permutation imagenet(1'281'167, epoch_key(42, 3, RandomPurpose::order));
  EXPECT_EQ((std::array{imagenet(0), imagenet(1), imagenet(1'281'166)}),
            (std::array<std::uint64_t, 3>{215719, 584158, 926707}));
  const Permutation huge(Permutation::max_size, 1);
  EXPECT_EQ((std::array{huge(0), huge(1)}), (std::array<std::uint64_t, 2>{173208321126781, 183095898665568}));
}

}  // namespace
}  // namespace slabring
