#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/unique_fd.hpp"
#include "dataset/flat_table_layout.hpp"

namespace slabring {

/// A table in shared memory, mapped read-only: what FileTable and RecordTable have in common. Immutable, thread-safe.
///
/// The memory is a sealed memfd or the file of a kept index (dataset/index_cache.hpp), whose pages all processes of the
/// machine share.
///
/// What is checked when: opening checks the seals, the header and that the entries lie inside, in constant time. An
/// entry's own offset and length are checked each time it is asked for, so that a worker that is started again does not
/// first walk through ten million of them. The seals make the first check hold for ever; a file's bytes are trusted as
/// the user's own programs are, and no value in them leads out of the table.
class FlatTable {
 public:
  /// Throws Error(dataset) when `fd` holds no table of this kind that can be read in bounds.
  FlatTable(UniqueFd fd, const flat_table::Kind& kind);
  ~FlatTable();
  FlatTable(const FlatTable&) = delete;
  FlatTable& operator=(const FlatTable&) = delete;

  std::uint64_t size() const noexcept { return count_; }
  /// Requires: Entry is what `kind` said.
  template <class Entry>
  const Entry* entries() const noexcept {
    return reinterpret_cast<const Entry*>(base_ + names_end_);
  }
  /// Empty when that is not inside the part for names.
  std::string_view name(std::uint64_t offset, std::uint64_t bytes) const noexcept;

  /// All names and entries.
  std::span<const std::byte> contents() const noexcept {
    return std::as_bytes(std::span(base_, bytes_)).subspan(sizeof(flat_table::Header));
  }
  int fd() const noexcept { return fd_.get(); }

 private:
  UniqueFd fd_;
  std::size_t bytes_ = 0;
  const char* base_ = nullptr;
  // Copies of what was checked.
  std::uint64_t names_end_ = 0;
  std::uint64_t count_ = 0;
};

}  // namespace slabring
