#include "base/random.hpp"

#include <Random123/philox.h>

namespace slabring {
namespace {

std::array<std::uint64_t, 2> philox(std::uint64_t key, std::uint32_t c0, std::uint32_t c1, std::uint32_t c2,
                                    std::uint32_t c3) noexcept {
  const r123::Philox4x32::ctr_type counter = {{c0, c1, c2, c3}};
  const r123::Philox4x32::key_type words = {{static_cast<std::uint32_t>(key), static_cast<std::uint32_t>(key >> 32)}};
  const auto out = r123::Philox4x32{}(counter, words);
  return {std::uint64_t{out[1]} << 32 | out[0], std::uint64_t{out[3]} << 32 | out[2]};
}

// The fixed last word keeps the blocks of keys apart from random_block()'s under the same key.
constexpr std::uint32_t key_block = 0xffffffffU;

}  // namespace

std::uint64_t epoch_key(std::uint64_t seed, std::uint64_t epoch, RandomPurpose purpose) noexcept {
  return philox(seed, static_cast<std::uint32_t>(epoch), static_cast<std::uint32_t>(epoch >> 32),
                static_cast<std::uint32_t>(purpose), key_block)[0];
}

std::uint64_t occurrence_key(std::uint64_t key, std::uint64_t occurrence) noexcept {
  if (occurrence == 0) return key;
  return philox(key, static_cast<std::uint32_t>(occurrence), static_cast<std::uint32_t>(occurrence >> 32), 0,
                key_block)[0];
}

std::array<std::uint64_t, 2> random_block(std::uint64_t key, std::uint64_t sample, std::uint32_t op,
                                          std::uint32_t block) noexcept {
  return philox(key, static_cast<std::uint32_t>(sample), static_cast<std::uint32_t>(sample >> 32), op, block);
}

}  // namespace slabring
