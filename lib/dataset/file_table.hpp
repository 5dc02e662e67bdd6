#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/unique_fd.hpp"
#include "dataset/file_table_layout.hpp"

namespace slabring {

/// Which files a dataset has, and their labels: one flat read-only table in sealed shared memory, mapped by every
/// process, so that there is one copy of it on the machine. FileTableBuilder makes it. Immutable, thread-safe.
///
/// What is checked when: opening checks the seals, the header and that the entries lie inside, in constant time. An
/// entry's own offset and length are checked each time it is asked for, so that a worker that is started again does not
/// first walk through ten million of them. The seals make the first check hold for ever. What the paths say is not
/// judged.
class FileTable {
 public:
  /// Throws Error(dataset) when `fd` holds no table that can be read in bounds.
  explicit FileTable(UniqueFd fd);
  ~FileTable();
  FileTable(const FileTable&) = delete;
  FileTable& operator=(const FileTable&) = delete;

  std::uint64_t size() const noexcept { return count_; }
  /// Relative to the dataset's folder; empty when the entry points outside the table, which no built table's does.
  /// Requires (both): index < size().
  std::string_view path(std::uint64_t index) const noexcept;
  std::int64_t label(std::uint64_t index) const noexcept { return entries_[index].label; }

  /// All paths and entries: equal for equal paths and labels in the same order.
  std::span<const std::byte> contents() const noexcept {
    return std::as_bytes(std::span(base_, bytes_)).subspan(sizeof(file_table::Header));
  }

  int fd() const noexcept { return fd_.get(); }

 private:
  UniqueFd fd_;
  std::size_t bytes_ = 0;
  const char* base_ = nullptr;
  // Copies of what was checked.
  std::uint64_t paths_end_ = 0;
  std::uint64_t count_ = 0;
  const file_table::Entry* entries_ = nullptr;
};

}  // namespace slabring
