#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace slabring {

/// A shared, writable mapping of a memfd, aligned so that huge pages can take it.
class MappedMemory {
 public:
  MappedMemory() noexcept;
  /// Maps the first `size` bytes of `fd`; the descriptor may be closed afterwards. Throws Error(memory).
  MappedMemory(int fd, std::size_t size);
  ~MappedMemory();
  MappedMemory(MappedMemory&&) noexcept;
  MappedMemory& operator=(MappedMemory&&) noexcept;

  std::span<std::byte> bytes() const noexcept;

  /// A later fork() of this process neither keeps the memory alive nor can write it.
  void keep_from_children() const noexcept;
  /// Asks the kernel for huge pages under that part now (MADV_COLLAPSE, Linux 6.1). Returns the bytes that have them;
  /// 0: not to be had, and nothing is lost. Requires: the pages are allocated.
  std::size_t collapse_to_huge_pages(std::size_t offset, std::size_t size) const noexcept;

 private:
  class Region;
  std::unique_ptr<Region> region_;
};

}  // namespace slabring
