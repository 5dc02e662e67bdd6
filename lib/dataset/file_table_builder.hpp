#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/unique_fd.hpp"

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

/// Makes a FileTable's memory, file by file. Uses a constant amount of the process's own memory: paths go straight to
/// their place, entries to a second memfd that is copied behind them at the end.
class FileTableBuilder {
 public:
  FileTableBuilder();

  /// Appends a sample. Requires: `path` is not empty. Throws Error(memory).
  void add(std::string_view path, std::int32_t label);
  std::uint64_t size() const noexcept { return count_; }

  /// The sealed table, for FileTable's constructor. Throws Error(memory). Ends the builder's use.
  UniqueFd finish();

 private:
  MemfdWriter table_;
  MemfdWriter entries_;
  std::uint64_t count_ = 0;
};

}  // namespace slabring
