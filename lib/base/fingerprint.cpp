#include "base/fingerprint.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace slabring {

std::uint64_t fingerprint_of(std::span<const std::byte> bytes) noexcept {
  return XXH3_64bits(bytes.data(), bytes.size());
}

}  // namespace slabring
