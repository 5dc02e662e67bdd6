#include "process/mapped_memory.hpp"

#include <boost/interprocess/exceptions.hpp>
#include <boost/interprocess/mapped_region.hpp>
#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>

#include "base/cache_line.hpp"
#include "ring/layout.hpp"
#include "slabring/error.hpp"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25  // Linux 6.1; older headers lack it
#endif

namespace slabring {
namespace {

namespace bip = boost::interprocess;

/// Lets mapped_region map a memfd. mapping_handle_from_file_handle is in ipcdetail but the same from 1.74 to 1.81.
struct MemfdObject {
  int fd;
  bip::mapping_handle_t get_mapping_handle() const { return bip::ipcdetail::mapping_handle_from_file_handle(fd); }
};

/// Address space for `size` bytes at a multiple of 2 MiB, taken but not usable: to be mapped over.
std::byte* reserve_aligned(std::size_t size) {
  constexpr std::size_t alignment = ring::DataOffsets::huge_page;
  const std::size_t room = size + alignment;
  void* taken = mmap(nullptr, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (taken == MAP_FAILED) {
    throw Error(ErrorCode::memory,
                fmt::format("cannot reserve {} bytes of address space for the ring: {}", room, std::strerror(errno)));
  }
  auto* const begin = static_cast<std::byte*>(taken);
  const auto address = reinterpret_cast<std::uintptr_t>(taken);
  const std::size_t before = align_up(address, alignment) - address;
  const std::size_t used = before + align_up(size, static_cast<std::size_t>(sysconf(_SC_PAGESIZE)));
  if (before > 0) munmap(begin, before);
  if (room > used) munmap(begin + used, room - used);
  return begin + before;
}

}  // namespace

class MappedMemory::Region : public bip::mapped_region {
 public:
  using bip::mapped_region::mapped_region;
};

MappedMemory::MappedMemory() noexcept = default;
MappedMemory::~MappedMemory() = default;
MappedMemory::MappedMemory(MappedMemory&&) noexcept = default;
MappedMemory& MappedMemory::operator=(MappedMemory&&) noexcept = default;

MappedMemory::MappedMemory(int fd, std::size_t size) {
  std::byte* address = reserve_aligned(size);
  try {
    // MAP_FIXED replaces our own reservation, so no other thread can get in between.
    region_ = std::make_unique<Region>(MemfdObject{fd}, bip::read_write, 0, size, address, MAP_FIXED);
  } catch (const bip::interprocess_exception& error) {
    munmap(address, size);
    throw Error(ErrorCode::memory, fmt::format("cannot map {} bytes of the ring: {}", size, error.what()));
  }
  madvise(address, size, MADV_DONTDUMP);  // no core files of gigabytes
}

std::span<std::byte> MappedMemory::bytes() const noexcept {
  if (!region_) return {};
  return {static_cast<std::byte*>(region_->get_address()), region_->get_size()};
}

void MappedMemory::keep_from_children() const noexcept {
  const auto memory = bytes();
  madvise(memory.data(), memory.size(), MADV_DONTFORK);
}

std::size_t MappedMemory::collapse_to_huge_pages(std::size_t offset, std::size_t size) const noexcept {
  constexpr std::size_t page = ring::DataOffsets::huge_page;
  const std::size_t first = align_up(offset, page);
  const std::size_t last = (offset + size) / page * page;
  if (last <= first || last > bytes().size()) return 0;
  return madvise(bytes().data() + first, last - first, MADV_COLLAPSE) == 0 ? last - first : 0;
}

}  // namespace slabring
