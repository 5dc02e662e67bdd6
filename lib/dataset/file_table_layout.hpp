#pragma once

#include <cstddef>
#include <cstdint>

#include "dataset/flat_table_layout.hpp"

namespace slabring::file_table {

using flat_table::Header;

inline constexpr std::uint64_t magic = 0x31304c42'54464253;  // "SBFTBL01"
inline constexpr std::uint32_t version = 1;

struct Entry {
  std::uint64_t path_offset;  ///< from the beginning of the table
  std::uint32_t path_bytes;   ///< never 0
  std::int32_t label;
};

static_assert(sizeof(Entry) == 16 && offsetof(Entry, path_bytes) == 8 && offsetof(Entry, label) == 12);

inline constexpr flat_table::Kind kind{"file table", magic, version, sizeof(Entry)};

}  // namespace slabring::file_table
