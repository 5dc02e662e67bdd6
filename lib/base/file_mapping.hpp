#pragma once

#include <cstddef>
#include <span>
#include <utility>

namespace slabring {

/// A whole file or memfd, mapped for reading and shared with everybody who maps it. Owns the mapping alone.
class FileMapping {
 public:
  FileMapping() noexcept = default;
  /// The first `bytes` of `fd`, which may be closed afterwards. Throws Error(io). Requires: bytes > 0.
  FileMapping(int fd, std::size_t bytes);
  ~FileMapping();
  FileMapping(FileMapping&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
  FileMapping& operator=(FileMapping&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }

  std::span<const std::byte> bytes() const noexcept { return bytes_; }

  /// Starts reading that part into the page cache, if it is not there. Ignores every failure.
  void will_need(std::size_t offset, std::size_t size) const noexcept;
  /// What is read next lies anywhere: no read-ahead.
  void expect_random_access() const noexcept;

 private:
  std::span<const std::byte> bytes_;
};

}  // namespace slabring
