#pragma once

#include <cstdint>

namespace slabring {

/// Pillow's Image.blend of two values: `from` at 0, `to` at 1, beyond both outside [0, 1]. In float32 and cut off, not
/// rounded, as there.
inline std::uint8_t blended(int from, int to, float alpha) noexcept {
  const float value = static_cast<float>(from) + alpha * static_cast<float>(to - from);
  const float bounded = value < 0.0F ? 0.0F : value > 255.0F ? 255.0F : value;
  return static_cast<std::uint8_t>(static_cast<int>(bounded));
}

}  // namespace slabring
