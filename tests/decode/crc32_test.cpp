#include "decode/crc32.hpp"

#include <gtest/gtest.h>

#include "support/decode_image.hpp"

namespace slabring {
namespace {

/// The definition: one bit after the other.
std::uint32_t slow_crc32(std::span<const std::byte> bytes) {
  std::uint32_t crc = ~0u;
  for (std::byte byte : bytes) {
    crc ^= std::to_integer<std::uint32_t>(byte);
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB88320u : crc >> 1;
  }
  return ~crc;
}

TEST(Crc32, EqualsThePublishedCheckValue) { EXPECT_EQ(crc32(test::bytes_of("123456789")), 0xCBF43926u); }

TEST(Crc32, EqualsItsDefinitionForEveryLengthAndAlignment) {
  test::Bytes bytes;
  for (int i = 0; i < 80; ++i) bytes.push_back(static_cast<std::byte>(i * 37 + 11));
  for (std::size_t first = 0; first < 9; ++first) {
    for (std::size_t size = 0; first + size <= bytes.size(); ++size) {
      const auto part = std::span(bytes).subspan(first, size);
      ASSERT_EQ(crc32(part), slow_crc32(part)) << size << " bytes from " << first;
    }
  }
}

}  // namespace
}  // namespace slabring
