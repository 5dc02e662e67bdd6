#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/unique_fd.hpp"
#include "dataset/file_table_layout.hpp"
#include "dataset/flat_table.hpp"

namespace slabring {

/// Which files a dataset has, and their labels: one flat read-only table in sealed shared memory, mapped by every
/// process, so that there is one copy of it on the machine. FileTableBuilder makes it. Immutable, thread-safe. What the
/// paths say is not judged.
class FileTable {
 public:
  /// Throws Error(dataset) when `fd` holds no table that can be read in bounds.
  explicit FileTable(UniqueFd fd) : table_(std::move(fd), file_table::kind) {}

  std::uint64_t size() const noexcept { return table_.size(); }
  /// Relative to the dataset's folder, or absolute; empty when the entry points outside the table, which no built
  /// table's does. Requires (both): index < size().
  std::string_view path(std::uint64_t index) const noexcept {
    return table_.name(entry(index).path_offset, entry(index).path_bytes);
  }
  std::int64_t label(std::uint64_t index) const noexcept { return entry(index).label; }

  /// All paths and entries: equal for equal paths and labels in the same order.
  std::span<const std::byte> contents() const noexcept { return table_.contents(); }

  int fd() const noexcept { return table_.fd(); }

 private:
  const file_table::Entry& entry(std::uint64_t index) const noexcept {
    return table_.entries<file_table::Entry>()[index];
  }

  FlatTable table_;
};

}  // namespace slabring
