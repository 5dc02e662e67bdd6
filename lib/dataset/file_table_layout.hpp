#pragma once

#include <cstddef>
#include <cstdint>

namespace slabring::file_table {

/// The bytes of a file table, in this order and in the machine's own byte order (a table never leaves the machine):
///
///   Header | paths, one after the other, without separators | zeros up to a multiple of 8 | Entry[count]
///
/// The entries come last because their number is known last: the builder streams.

inline constexpr std::uint64_t magic = 0x31304c42'54464253;  // "SBFTBL01"
inline constexpr std::uint32_t version = 1;

struct Header {
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t entry_bytes;
  std::uint64_t total_bytes;
  std::uint64_t count;
  std::uint64_t entries_offset;
};

struct Entry {
  std::uint64_t path_offset;  ///< from the beginning of the table
  std::uint32_t path_bytes;   ///< never 0
  std::int32_t label;
};

static_assert(sizeof(Header) == 40 && offsetof(Header, version) == 8 && offsetof(Header, entry_bytes) == 12 &&
              offsetof(Header, total_bytes) == 16 && offsetof(Header, count) == 24 &&
              offsetof(Header, entries_offset) == 32);
static_assert(sizeof(Entry) == 16 && offsetof(Entry, path_bytes) == 8 && offsetof(Entry, label) == 12);

}  // namespace slabring::file_table
