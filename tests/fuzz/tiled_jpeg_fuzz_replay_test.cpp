// Without libFuzzer: JPEGs in tiles of every kind, sound and damaged, with sound and damaged indexes, through the same
// function.
#include <gtest/gtest.h>

#include <cstdint>

#include "base/fingerprint.hpp"
#include "dataset/tile_index.hpp"
#include "fuzz/sound_files.hpp"
#include "support/damage.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace slabring {
namespace {

void put_through(const test::Bytes& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

test::Bytes joined(bool mend, const test::Bytes& index, const test::Bytes& file) {
  test::Bytes input{static_cast<std::byte>(mend), static_cast<std::byte>(index.size()),
                    static_cast<std::byte>(index.size() >> 8)};
  input.insert(input.end(), index.begin(), index.end());
  input.insert(input.end(), file.begin(), file.end());
  return input;
}

TEST(TiledJpegFuzzReplay, SeedsPass) {
  const std::vector<test::Bytes> seeds = test::tiled_files();
  EXPECT_GE(seeds.size(), 12U);
  for (const test::Bytes& seed : seeds) put_through(seed);
}

TEST(TiledJpegFuzzReplay, DamagedSeedsPass) {
  test::Damage damage;
  for (const test::Bytes& seed : test::tiled_files()) {
    for (int i = 0; i < 400; ++i) {
      test::Bytes input = seed;
      damage.inflict(input);
      put_through(input);
    }
  }
}

/// Damage in the index alone, with its checksum mended: only the checks behind it are left.
TEST(TiledJpegFuzzReplay, DamagedIndexesWithSoundChecksumsPass) {
  test::Damage damage;
  for (const test::Bytes& seed : test::tiled_files()) {
    const std::size_t index_bytes = std::to_integer<std::size_t>(seed[1]) | std::to_integer<std::size_t>(seed[2]) << 8;
    const auto index_end = seed.begin() + 3 + static_cast<std::ptrdiff_t>(index_bytes);
    const test::Bytes file(index_end, seed.end());
    for (int i = 0; i < 200; ++i) {
      test::Bytes index(seed.begin() + 3, index_end);
      damage.inflict(index);
      put_through(joined(true, index, file));
    }
  }
}

}  // namespace
}  // namespace slabring
