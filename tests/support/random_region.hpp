#pragma once

#include <cstdint>

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

}  // namespace slabring::test
