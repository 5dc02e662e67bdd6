#include "dataset/flat_table.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "base/memfd.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

using flat_table::Header;
using flat_table::Kind;

[[noreturn]] void refuse(const Kind& kind, const std::string& why) {
  throw Error(ErrorCode::dataset, fmt::format("the {} {}", kind.name, why));
}

/// A file that this user alone may write, and that this process can only read: a kept index, which is never written
/// again once it has its name.
bool is_kept_file(int fd, const struct stat& status) noexcept {
  const int flags = ::fcntl(fd, F_GETFL);
  return flags >= 0 && (flags & O_ACCMODE) == O_RDONLY && S_ISREG(status.st_mode) && status.st_uid == ::geteuid() &&
         (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/// How many bytes there are, which nobody changes any more.
struct FixedSize {
  std::size_t bytes;
  bool more;  ///< something else may follow the table
};

FixedSize fixed_size(int fd, const Kind& kind) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) refuse(kind, "has no size: " + std::generic_category().message(errno));
  const bool sealed = has_seals(fd, read_only_seals);
  if (!sealed && !is_kept_file(fd, status)) {
    refuse(kind, fmt::format("(descriptor {}) is not a sealed, read-only memfd", fd));
  }
  const auto bytes = static_cast<std::size_t>(status.st_size);
  if (bytes < sizeof(Header)) {
    refuse(kind, fmt::format("has {} bytes, fewer than its header's {}", bytes, sizeof(Header)));
  }
  return {bytes, !sealed};
}

/// Returns the table's size.
std::size_t check(const Kind& kind, const Header& header, const FixedSize& room_for_all) {
  if (header.magic != kind.magic) refuse(kind, fmt::format("begins with {:#018x}, not with its magic", header.magic));
  if (header.version != kind.version || header.entry_bytes != kind.entry_bytes) {
    refuse(kind, fmt::format("has version {} with {}-byte entries; this program reads version {} with {}-byte entries",
                             header.version, header.entry_bytes, kind.version, kind.entry_bytes));
  }
  const std::uint64_t bytes = header.total_bytes;
  if (bytes > room_for_all.bytes || (bytes < room_for_all.bytes && !room_for_all.more)) {
    refuse(kind, fmt::format("has {} bytes and claims {}", room_for_all.bytes, bytes));
  }
  const bool inside = header.entries_offset >= sizeof(Header) && header.entries_offset <= bytes;
  if (!inside || header.entries_offset % flat_table::entry_alignment != 0) {
    refuse(kind, fmt::format("has {} bytes and claims entries from {}", bytes, header.entries_offset));
  }
  const std::size_t room = bytes - header.entries_offset;
  if (room % kind.entry_bytes != 0 || room / kind.entry_bytes != header.count) {
    refuse(kind, fmt::format("has {} bytes for entries and claims {} entries", room, header.count));
  }
  return bytes;
}

}  // namespace

FlatTable::FlatTable(UniqueFd fd, const Kind& kind) : fd_(std::move(fd)) {
  const FixedSize size = fixed_size(fd_.get(), kind);
  Header header{};
  if (::pread(fd_.get(), &header, sizeof header, 0) != static_cast<ssize_t>(sizeof header)) {
    refuse(kind, "cannot be read: " + std::generic_category().message(errno));
  }
  bytes_ = check(kind, header, size);
  void* mapped = ::mmap(nullptr, bytes_, PROT_READ, MAP_SHARED, fd_.get(), 0);
  if (mapped == MAP_FAILED) {
    refuse(kind, fmt::format("of {} bytes cannot be mapped: {}", bytes_, std::generic_category().message(errno)));
  }
  base_ = static_cast<const char*>(mapped);
  names_end_ = header.entries_offset;
  count_ = header.count;
}

FlatTable::~FlatTable() { ::munmap(const_cast<char*>(base_), bytes_); }

std::string_view FlatTable::name(std::uint64_t offset, std::uint64_t bytes) const noexcept {
  const bool inside = offset >= sizeof(Header) && offset <= names_end_ && bytes <= names_end_ - offset;
  if (!inside) return {};
  return {base_ + offset, bytes};
}

}  // namespace slabring
