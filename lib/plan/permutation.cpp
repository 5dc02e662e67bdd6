#include "plan/permutation.hpp"

#include <algorithm>
#include <bit>

#include "base/random.hpp"

namespace slabring {
namespace {

/// 24 bits that all depend on all of `half` and `key`. Each multiplication carries low bits upwards, the shift between
/// them brings high ones down, so the top of the last product is the well-mixed part. The multipliers are those of
/// "lowbias32", found by search for the least avalanche bias (C. Wellons, "Prospecting for hash functions", 2018).
std::uint32_t mix(std::uint32_t half, std::uint32_t key) noexcept {
  std::uint32_t x = (half ^ key) * 0x7feb352dU;
  x ^= x >> 15;
  x *= 0x846ca68bU;
  return x >> 8;
}

}  // namespace

Permutation::Permutation(std::uint64_t n, std::uint64_t key) noexcept : n_(n) {
  const int bits = std::max(min_bits, static_cast<int>(std::bit_width(n - 1)));
  low_bits_ = bits / 2;
  low_mask_ = (1U << low_bits_) - 1;
  high_mask_ = (1U << (bits - low_bits_)) - 1;
  for (std::uint32_t i = 0; i < rounds; ++i) {
    const auto block = random_block(key, 0, 0, i / 2);
    keys_[i] = static_cast<std::uint32_t>(block[i % 2]);
  }
}

std::uint64_t Permutation::operator()(std::uint64_t i) const noexcept {
  do i = once(i);
  while (i >= n_);
  return i;
}

std::uint64_t Permutation::once(std::uint64_t value) const noexcept {
  static_assert(rounds % 2 == 0);
  auto low = static_cast<std::uint32_t>(value) & low_mask_;
  auto high = static_cast<std::uint32_t>(value >> low_bits_);
  for (int round = 0; round < rounds; round += 2) {
    high ^= mix(low, keys_[static_cast<std::size_t>(round)]) & high_mask_;
    low ^= mix(high, keys_[static_cast<std::size_t>(round) + 1]) & low_mask_;
  }
  return std::uint64_t{high} << low_bits_ | low;
}

}  // namespace slabring
