#pragma once

#include <cstddef>
#include <cstdint>

namespace slabring::flat_table {

/// The bytes of a table of samples, in this order and in the machine's own byte order (a table never leaves the
/// machine):
///
///   Header | names, one after the other, without separators | zeros up to a multiple of 8 | Entry[count]
///
/// The entries come last because their number is known last: the builder streams. What an entry is, and the magic, is
/// the matter of the kind of table.
struct Header {
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t entry_bytes;
  std::uint64_t total_bytes;
  std::uint64_t count;
  std::uint64_t entries_offset;
};

inline constexpr std::size_t entry_alignment = 8;

static_assert(sizeof(Header) == 40 && offsetof(Header, version) == 8 && offsetof(Header, entry_bytes) == 12 &&
              offsetof(Header, total_bytes) == 16 && offsetof(Header, count) == 24 &&
              offsetof(Header, entries_offset) == 32);

/// What distinguishes one kind of table from another.
struct Kind {
  const char* name;  ///< in messages: "file table"
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t entry_bytes;
};

}  // namespace slabring::flat_table
