#include "base/crc32c.hpp"

#include <array>
#include <bit>
#include <cstring>

namespace slabring {
namespace {

static_assert(std::endian::native == std::endian::little, "eight bytes at once are read as a little-endian number");

constexpr std::size_t lanes = 8;
using Tables = std::array<std::array<std::uint32_t, 256>, lanes>;

/// tables[k][b]: what byte b contributes when k more bytes follow it.
constexpr Tables make_tables() {
  constexpr std::uint32_t reversed_polynomial = 0x82f63b78;
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? reversed_polynomial : 0);
    tables[0][byte] = value;
  }
  for (std::size_t lane = 1; lane < lanes; ++lane) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t before = tables[lane - 1][byte];
      tables[lane][byte] = (before >> 8) ^ tables[0][before & 0xff];
    }
  }
  return tables;
}

constexpr Tables tables = make_tables();

}  // namespace

std::uint32_t crc32c(std::span<const std::byte> bytes) noexcept {
  std::uint32_t crc = ~std::uint32_t{0};
  while (bytes.size() >= lanes) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, bytes.data(), lanes);
    eight ^= crc;
    crc = 0;
    for (std::size_t lane = 0; lane < lanes; ++lane) crc ^= tables[lanes - 1 - lane][(eight >> (8 * lane)) & 0xff];
    bytes = bytes.subspan(lanes);
  }
  for (const std::byte byte : bytes) crc = (crc >> 8) ^ tables[0][(crc ^ std::to_integer<std::uint32_t>(byte)) & 0xff];
  return ~crc;
}

}  // namespace slabring
