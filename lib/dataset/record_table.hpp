#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/unique_fd.hpp"
#include "dataset/flat_table.hpp"
#include "dataset/flat_table_builder.hpp"

namespace slabring {

/// Where a record's bytes are, and what is known about it beforehand.
struct RecordEntry {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  std::uint64_t name_offset = 0;
  std::uint32_t name_bytes = 0;
  std::uint32_t file = 0;   ///< its number
  std::int64_t label = -1;  ///< where the index knows it
  std::uint32_t fault = 0;  ///< a RecordFault
  std::uint32_t unused = 0;
};
static_assert(sizeof(RecordEntry) == 48 && offsetof(RecordEntry, label) == 32 && offsetof(RecordEntry, fault) == 40);

/// Why a record is no sample: found while indexing, told when it is loaded.
enum class RecordFault : std::uint32_t { none = 0, no_image = 1, bad_label = 2, bad_reference = 3 };

inline constexpr flat_table::Kind record_table_kind{"record table", 0x31304c42'54524253 /* "SBRTBL01" */, 1,
                                                    sizeof(RecordEntry)};

/// Which records of which files are the samples of a dataset: as FileTable, in one piece of shared memory.
class RecordTable {
 public:
  /// Throws Error(dataset) when `fd` holds no table that can be read in bounds.
  explicit RecordTable(UniqueFd fd) : table_(std::move(fd), record_table_kind) {}

  std::uint64_t size() const noexcept { return table_.size(); }
  /// Nothing in it has been judged. Requires (both): index < size().
  const RecordEntry& operator[](std::uint64_t index) const noexcept { return table_.entries<RecordEntry>()[index]; }
  std::string_view name(std::uint64_t index) const noexcept {
    return table_.name((*this)[index].name_offset, (*this)[index].name_bytes);
  }
  std::span<const std::byte> contents() const noexcept { return table_.contents(); }
  int fd() const noexcept { return table_.fd(); }

 private:
  FlatTable table_;
};

/// Makes a RecordTable's memory, record by record. Throws Error(memory).
class RecordTableBuilder {
 public:
  RecordTableBuilder() : table_(record_table_kind) {}
  void add(RecordEntry entry, std::string_view name) {
    entry.name_offset = table_.add_name(name);
    entry.name_bytes = static_cast<std::uint32_t>(name.size());
    table_.add_entry(entry);
  }
  std::uint64_t size() const noexcept { return table_.size(); }
  UniqueFd finish() { return table_.finish(); }

 private:
  FlatTableBuilder table_;
};

}  // namespace slabring
