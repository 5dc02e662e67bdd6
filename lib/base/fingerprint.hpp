#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace slabring {

/// XXH3-64 (github.com/Cyan4973/xxHash): tells whether two things are the same, on every machine alike. No defence
/// against somebody who wants them to look the same.
std::uint64_t fingerprint_of(std::span<const std::byte> bytes) noexcept;

}  // namespace slabring
