#include "base/file_mapping.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "slabring/error.hpp"

namespace slabring {

FileMapping::FileMapping(int fd, std::size_t bytes) {
  void* const mapped = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, fd, 0);
  if (mapped == MAP_FAILED) {
    throw Error(ErrorCode::io,
                fmt::format("{} bytes cannot be mapped: {}", bytes, std::generic_category().message(errno)));
  }
  bytes_ = {static_cast<const std::byte*>(mapped), bytes};
}

FileMapping::~FileMapping() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

void FileMapping::will_need(std::size_t offset, std::size_t size) const noexcept {
  static const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  const std::size_t begin = offset / page * page;
  ::madvise(const_cast<std::byte*>(bytes_.data() + begin), offset + size - begin, MADV_WILLNEED);
}

void FileMapping::expect_random_access() const noexcept {
  ::madvise(const_cast<std::byte*>(bytes_.data()), bytes_.size(), MADV_RANDOM);
}

}  // namespace slabring
