#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/unique_fd.hpp"
#include "dataset/flat_table_layout.hpp"

namespace slabring {

/// Appends to a memfd through a buffer, so that a table of gigabytes costs the process one buffer.
class MemfdWriter {
 public:
  explicit MemfdWriter(const char* name);

  /// All of these throw Error(memory) when the machine has no room left.
  void append(const void* data, std::size_t bytes);
  void flush();
  /// Appends everything that `other` holds. Requires: `other` is flushed.
  void append_all_of(const MemfdWriter& other);

  /// Bytes appended so far.
  std::uint64_t size() const noexcept { return written_ + buffer_.size(); }
  int fd() const noexcept { return fd_.get(); }
  /// Requires: flushed.
  UniqueFd release() noexcept { return std::move(fd_); }

 private:
  static constexpr std::size_t buffer_bytes = std::size_t{1} << 20;

  void write_out(const char* data, std::size_t bytes);

  UniqueFd fd_;
  std::uint64_t written_ = 0;
  std::vector<char> buffer_;
};

/// Makes a FlatTable's memory, entry by entry. Uses a constant amount of the process's own memory: names go straight to
/// their place, entries to a second memfd that is copied behind them at the end.
class FlatTableBuilder {
 public:
  explicit FlatTableBuilder(const flat_table::Kind& kind);

  /// Appends a name; returns its place. Throw Error(memory), all of them.
  std::uint64_t add_name(std::string_view name);
  /// Appends an entry. Requires: `Entry` is what the kind said.
  template <class Entry>
  void add_entry(const Entry& entry) {
    static_assert(alignof(Entry) <= flat_table::entry_alignment);
    entries_.append(&entry, sizeof entry);
    ++count_;
  }
  std::uint64_t size() const noexcept { return count_; }

  /// The sealed table, for FlatTable's constructor. Ends the builder's use.
  UniqueFd finish();

 private:
  flat_table::Kind kind_;
  MemfdWriter table_;
  MemfdWriter entries_;
  std::uint64_t count_ = 0;
};

}  // namespace slabring
