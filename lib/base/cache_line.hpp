#pragma once

#include <cstddef>

namespace slabring {

/// Words written by different processes stand this far apart: x86 prefetches lines in pairs, arm64 has 128-byte lines.
/// Fixed, because it is part of the shared layout.
inline constexpr std::size_t cache_line = 128;

constexpr std::size_t align_up(std::size_t value, std::size_t alignment) noexcept {
  return (value + alignment - 1) / alignment * alignment;
}

}  // namespace slabring
