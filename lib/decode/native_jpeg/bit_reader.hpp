#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace slabring::native_jpeg {

#define SLABRING_INLINE [[gnu::always_inline]] inline

/// The next bits of a segment whose stuffing has been removed, at the top of a register.
struct BitReader {
  const std::uint8_t* at = nullptr;  ///< the first byte of which not all bits are in `bits`
  std::uint64_t bits = 0;
  std::uint64_t count = 0;  ///< of them valid, below 64; the others are a part of what is at `at`, or 0

  /// After it at least 56 bits are valid. Reads 8 bytes at `at`.
  SLABRING_INLINE void refill() {
    std::uint64_t next;
    std::memcpy(&next, at, sizeof(next));
    if constexpr (std::endian::native == std::endian::little) next = __builtin_bswap64(next);
    bits |= next >> (count & 63);
    at += (count ^ 63) >> 3;
    count |= 56;
  }

  /// Requires: so many bits are valid, below 64.
  SLABRING_INLINE void drop(std::uint64_t dropped) {
    bits <<= dropped & 63;
    count -= dropped;
  }

  /// Bits that were dropped, counted from `begin`.
  std::ptrdiff_t consumed_bits(const std::uint8_t* begin) const noexcept {
    return (at - begin) * 8 - static_cast<std::ptrdiff_t>(count);
  }
};

/// JPEG's way to write numbers: `size` bits at the top of `bits`, those that begin with 0 negative. `complement` is
/// 64 - size. Of size 0 the result is rubbish, which callers store where it is overwritten.
SLABRING_INLINE int extended(std::uint64_t bits, std::uint64_t complement) {
  const auto negative = ~static_cast<std::uint64_t>(static_cast<std::int64_t>(bits) >> 63);
  return static_cast<int>((bits >> (complement & 63)) - (negative >> (complement & 63)));
}

/// The number that ends where the first `total` of `bits` end. As extended().
SLABRING_INLINE int value_before(std::uint64_t bits, std::uint64_t total, std::uint64_t complement) {
  return extended(bits << ((total + complement) & 63), complement);
}

}  // namespace slabring::native_jpeg
