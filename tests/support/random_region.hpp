#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>

#include "base/rect.hpp"

namespace slabring::test {

/// Some rectangle inside an image of that size.
template <class Generator>
Rect random_region(Generator& random, int width, int height) {
  const auto below = [&](int limit) { return static_cast<int>(random() % static_cast<std::uint32_t>(limit)); };
  Rect region;
  region.width = 1 + below(width);
  region.height = 1 + below(height);
  region.x = below(width - region.width + 1);
  region.y = below(height - region.height + 1);
  return region;
}

/// The same one for the same file, as a fuzzer needs it. Requires: the file is not empty.
inline Rect region_for(std::span<const std::byte> file, int width, int height) {
  const auto last = std::to_integer<std::uint32_t>(file.back());
  std::minstd_rand random(static_cast<std::uint32_t>(file.size()) * 31 + last + 1);
  return random_region(random, width, height);
}

}  // namespace slabring::test
