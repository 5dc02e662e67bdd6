#include "dataset/file_table.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <system_error>

#include "base/memfd.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

using file_table::Entry;
using file_table::Header;

[[noreturn]] void refuse(const std::string& why) { throw Error(ErrorCode::dataset, "the file table " + why); }

/// The table's size, once nobody can change that or the bytes any more.
std::size_t sealed_size(int fd) {
  if (!has_seals(fd, read_only_seals)) refuse(fmt::format("(descriptor {}) is not a sealed, read-only memfd", fd));
  struct stat status {};
  if (::fstat(fd, &status) != 0) refuse("has no size: " + std::generic_category().message(errno));
  const auto bytes = static_cast<std::size_t>(status.st_size);
  if (bytes < sizeof(Header)) refuse(fmt::format("has {} bytes, fewer than its header's {}", bytes, sizeof(Header)));
  return bytes;
}

void check(const Header& header, std::size_t bytes) {
  if (header.magic != file_table::magic) refuse(fmt::format("begins with {:#018x}, not with its magic", header.magic));
  if (header.version != file_table::version || header.entry_bytes != sizeof(Entry)) {
    refuse(fmt::format("has version {} with {}-byte entries; this program reads version {} with {}-byte entries",
                       header.version, header.entry_bytes, file_table::version, sizeof(Entry)));
  }
  if (header.total_bytes != bytes) refuse(fmt::format("has {} bytes and claims {}", bytes, header.total_bytes));
  const bool inside = header.entries_offset >= sizeof(Header) && header.entries_offset <= bytes;
  if (!inside || header.entries_offset % alignof(Entry) != 0) {
    refuse(fmt::format("has {} bytes and claims entries from {}", bytes, header.entries_offset));
  }
  const std::size_t room = bytes - header.entries_offset;
  if (room % sizeof(Entry) != 0 || room / sizeof(Entry) != header.count) {
    refuse(fmt::format("has {} bytes for entries and claims {} entries", room, header.count));
  }
}

}  // namespace

FileTable::FileTable(UniqueFd fd) : fd_(std::move(fd)), bytes_(sealed_size(fd_.get())) {
  Header header{};
  if (::pread(fd_.get(), &header, sizeof header, 0) != static_cast<ssize_t>(sizeof header)) {
    refuse("cannot be read: " + std::generic_category().message(errno));
  }
  check(header, bytes_);
  void* mapped = ::mmap(nullptr, bytes_, PROT_READ, MAP_SHARED, fd_.get(), 0);
  if (mapped == MAP_FAILED) {
    refuse(fmt::format("of {} bytes cannot be mapped: {}", bytes_, std::generic_category().message(errno)));
  }
  base_ = static_cast<const char*>(mapped);
  paths_end_ = header.entries_offset;
  count_ = header.count;
  entries_ = reinterpret_cast<const Entry*>(base_ + header.entries_offset);
}

FileTable::~FileTable() { ::munmap(const_cast<char*>(base_), bytes_); }

std::string_view FileTable::path(std::uint64_t index) const noexcept {
  const Entry& entry = entries_[index];
  const bool inside = entry.path_offset >= sizeof(Header) && entry.path_offset <= paths_end_ &&
                      entry.path_bytes <= paths_end_ - entry.path_offset;
  if (!inside) return {};
  return {base_ + entry.path_offset, entry.path_bytes};
}

}  // namespace slabring
