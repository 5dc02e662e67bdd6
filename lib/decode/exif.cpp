#include "decode/exif.hpp"

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "decode/byte_reader.hpp"

namespace slabring {
namespace {

constexpr std::uint16_t orientation_tag = 0x0112;

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::optional<ByteOrder> byte_order(std::span<const std::byte> tiff) {
  using namespace std::string_view_literals;
  const std::string_view start = as_text(tiff).substr(0, 4);
  if (start == "II\x2A\0"sv) return ByteOrder::little;
  if (start == "MM\0\x2A"sv) return ByteOrder::big;
  return std::nullopt;
}

/// Bytes of one value of a TIFF type; 0: no such type.
std::uint64_t size_of_type(std::uint16_t type) {
  constexpr std::array<std::uint8_t, 17> sizes = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8};
  return type < sizes.size() ? sizes[type] : 0;
}

/// The first value, where the type is one of whole numbers of at most 32 bits; else 0. Cameras write type 3.
std::uint32_t first_number(std::span<const std::byte> values, std::uint16_t type, ByteOrder order) {
  ByteReader reader(values, order, "EXIF value");
  switch (type) {
    case 6: return reader.u8();
    case 3:
    case 8: return reader.u16();
    case 4:
    case 9:
    case 13: return reader.u32();
    default: return 0;
  }
}

int as_orientation(std::uint32_t number) { return number >= 1 && number <= 8 ? static_cast<int>(number) : 1; }

}  // namespace

std::optional<int> exif_orientation(std::span<const std::byte> exif) noexcept {
  using namespace std::string_view_literals;
  constexpr std::size_t header_bytes = 8, entry_bytes = 12, inline_bytes = 4;
  if (as_text(exif).starts_with("Exif\0\0"sv)) exif = exif.subspan(6);
  const std::optional<ByteOrder> order = byte_order(exif);
  if (!order || exif.size() < header_bytes) return std::nullopt;

  ByteReader reader(exif, *order, "EXIF block");
  reader.skip(4);
  const std::uint32_t directory = reader.u32();
  if (directory > exif.size() || exif.size() - directory < 2) return std::nullopt;
  reader.seek(directory);

  // Pillow stops at the first entry whose values lie outside, and of two entries of one tag believes the last.
  std::optional<int> found;
  const std::uint16_t entries = reader.u16();
  for (std::uint16_t i = 0; i < entries && reader.left() >= entry_bytes; ++i) {
    const std::uint16_t tag = reader.u16(), type = reader.u16();
    const std::uint64_t size = size_of_type(type) * reader.u32();
    std::span<const std::byte> values = reader.block(inline_bytes);
    if (size == 0) continue;
    if (size > inline_bytes) {
      const std::uint32_t offset = ByteReader(values, *order, "EXIF entry").u32();
      if (offset > exif.size() || exif.size() - offset < size) break;
      values = exif.subspan(offset, static_cast<std::size_t>(size));
    }
    if (tag == orientation_tag) found = as_orientation(first_number(values, type, *order));
  }
  return found;
}

}  // namespace slabring
