#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

namespace slabring::pack {

/// The bytes of a pack, described for people in docs/pack.md; little-endian:
///
///   Header | samples, one after the other | names | zeros up to a multiple of 8 | Entry[count] | about (JSON)
///
/// What stands between two samples belongs to the second one: its TileIndex (tile_index.hpp), or nothing.
///
/// The index comes last because its size is known last. The header is written last of all: until then the file begins
/// with `part_magic`, so that half a pack is never taken for a whole one.

inline constexpr std::uint64_t magic = 0x4b434150'42414c53;       // "SLABPACK"
inline constexpr std::uint64_t part_magic = 0x54524150'42414c53;  // "SLABPART"
inline constexpr std::uint32_t version = 1;
/// Of packs whose samples are arrays or pixels, which `about` describes: a reader of version 1 alone would take them
/// for image files.
inline constexpr std::uint32_t bare_version = 2;
inline constexpr std::size_t entry_alignment = 8;

struct Header {
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t entry_bytes;
  std::uint64_t total_bytes;  ///< of the file
  std::uint64_t count;
  std::uint64_t names_offset;  ///< where the samples end
  std::uint64_t entries_offset;
  std::uint64_t about_offset;
  std::uint64_t index_checksum;   ///< XXH3-64 from names_offset to the end of the file
  std::uint64_t reserved[7];      ///< zero
  std::uint64_t header_checksum;  ///< XXH3-64 of all before it
};

struct Entry {
  std::uint64_t offset;       ///< of the sample, from the beginning of the file
  std::uint64_t checksum;     ///< XXH3-64 of its bytes
  std::uint64_t name_offset;  ///< from names_offset
  std::int64_t label;
  std::uint32_t bytes;
  std::uint32_t name_bytes;
};

static_assert(std::endian::native == std::endian::little, "packs are read as they lie in the file");
static_assert(sizeof(Header) == 128 && offsetof(Header, total_bytes) == 16 && offsetof(Header, names_offset) == 32 &&
              offsetof(Header, index_checksum) == 56 && offsetof(Header, header_checksum) == 120);
static_assert(sizeof(Entry) == 40 && offsetof(Entry, label) == 24 && offsetof(Entry, bytes) == 32);

}  // namespace slabring::pack
