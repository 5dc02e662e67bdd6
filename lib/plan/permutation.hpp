#pragma once

#include <cstdint>

namespace slabring {

/// A pseudo-random permutation of 0 .. n-1, keyed, with O(1) memory and O(1) access at any position: a balanced Feistel
/// network over the next power of four, walked until the value is below n. Immutable, thread-safe.
class Permutation {
 public:
  /// Requires: 1 <= n <= 2^48. `key` from epoch_key(seed, epoch, RandomPurpose::order).
  Permutation(std::uint64_t n, std::uint64_t key) noexcept;

  /// Where position i goes. Requires: i < n.
  std::uint64_t operator()(std::uint64_t i) const noexcept;

 private:
  static constexpr int rounds = 8;
  std::uint64_t n_;
  std::uint32_t half_bits_;
  std::uint32_t half_mask_;
  std::uint32_t keys_[rounds];
};

}  // namespace slabring
