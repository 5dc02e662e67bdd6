#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "decode/jpeg_tiles.hpp"

namespace slabring {

/// What stands in a pack in front of a JPEG that was coded in tiles (docs/pack.md): where they are, and a checksum of
/// each piece of the file, so that what was read of it can be told from anything else. Little-endian:
///
///   Head | piece checksums, 4 bytes each | bytes of each segment, its marker too, 7 bits to a byte
struct TileIndex {
  /// Of the file that a checksum is of; the last piece may be shorter.
  static constexpr std::size_t piece_bytes = 4096;

  struct Head {
    std::uint64_t magic;
    std::uint64_t checksum;       ///< XXH3-64 of the index without magic and this
    std::uint64_t file_checksum;  ///< of the JPEG, as in its pack::Entry
    std::uint32_t index_bytes;    ///< head and all
    std::uint32_t file_bytes;
    std::uint32_t scan_begin;  ///< JpegTiles::begins.front()
    std::uint32_t interval;
    std::uint32_t segments;
    std::uint32_t reserved;  ///< zero
  };
  static constexpr std::uint64_t magic = 0x58444e49'454c4954;  // "TILEINDX"

  JpegTiles tiles;
  std::vector<std::uint32_t> piece_checksums;
};

static_assert(sizeof(TileIndex::Head) == 48 && offsetof(TileIndex::Head, index_bytes) == 24);

/// Of one piece of a file.
std::uint32_t piece_checksum_of(std::span<const std::byte> piece) noexcept;

/// The index of `file`, as it stands in a pack. Requires: the tiles are consistent with the file's size.
std::vector<std::byte> write_tile_index(const JpegTiles& tiles, std::span<const std::byte> file,
                                        std::uint64_t file_checksum);

/// Bytes that the longest index of a file of `file_bytes` has, whatever stands there.
std::uint64_t most_tile_index_bytes(std::uint64_t file_bytes) noexcept;

/// Reads an index, whose bytes may be anything. nullopt: it is none, damaged, or that of another file. Otherwise its
/// tiles are consistent with `file_bytes`, and there is a checksum for each piece.
std::optional<TileIndex> read_tile_index(std::span<const std::byte> index, std::uint32_t file_bytes,
                                         std::uint64_t file_checksum);

}  // namespace slabring
