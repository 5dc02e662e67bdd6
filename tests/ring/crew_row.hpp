#pragma once

#include <cstdint>
#include <span>

#include "ring/layout.hpp"

namespace slabring::ring {

/// Word `i` of the row of a sample: no two are alike, so that a row of another sample or half a row shows.
constexpr std::uint64_t crew_word(std::uint64_t sample, std::uint64_t i) noexcept {
  std::uint64_t x = (sample + 1) * 0x9e3779b97f4a7c15 + i;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
  return x ^ x >> 27;
}

inline std::span<std::uint64_t> crew_row_words(const View& view, std::uint32_t slab, std::uint32_t row) noexcept {
  const auto pixels = view.pixels(slab, row);
  return {reinterpret_cast<std::uint64_t*>(pixels.data()), pixels.size() / sizeof(std::uint64_t)};
}

}  // namespace slabring::ring
