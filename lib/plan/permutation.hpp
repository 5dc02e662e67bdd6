#pragma once

#include <array>
#include <cstdint>

namespace slabring {

/// A pseudo-random permutation of 0 .. n-1, keyed, with O(1) memory and O(1) access at any position. Immutable,
/// thread-safe.
///
/// An alternating Feistel network permutes 0 .. 2^bits-1, the smallest such range that holds n; a value that falls
/// outside 0 .. n-1 is sent through the network again until one falls inside ("cycle walking"; Black and Rogaway,
/// "Ciphers with arbitrary finite domains", CT-RSA 2002). The halves may differ by one bit, so at most two passes are
/// needed on average, where halves of equal size (a power of four) would need up to four.
///
/// What the two numbers below rest on, measured with permutation_test's statistics: four rounds leave the distance
/// between related positions visibly skewed beyond n = 10,000, six do not from 2^10 on, eight cost a third more.
/// Smaller ranges are skewed even after twelve rounds, hence the smallest range: n = 3 then walks far, but a whole
/// epoch still costs no more than 2^10 passes, some 30 us.
class Permutation {
 public:
  static constexpr std::uint64_t max_size = std::uint64_t{1} << 48;

  /// Requires: 1 <= n <= max_size. `key` from epoch_key(seed, epoch, RandomPurpose::order).
  Permutation(std::uint64_t n, std::uint64_t key) noexcept;

  /// Where position i goes. Requires: i < n.
  std::uint64_t operator()(std::uint64_t i) const noexcept;

 private:
  static constexpr int rounds = 6;
  static constexpr int min_bits = 10;

  std::uint64_t once(std::uint64_t value) const noexcept;

  std::uint64_t n_;
  int low_bits_;
  std::uint32_t low_mask_;
  std::uint32_t high_mask_;
  std::array<std::uint32_t, rounds> keys_;
};

}  // namespace slabring
