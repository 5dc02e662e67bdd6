#include "dataset/flat_table.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

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

/// The table's size, once nobody can change that or the bytes any more.
std::size_t sealed_size(int fd, const Kind& kind) {
  if (!has_seals(fd, read_only_seals))
    refuse(kind, fmt::format("(descriptor {}) is not a sealed, read-only memfd", fd));
  struct stat status {};
  if (::fstat(fd, &status) != 0) refuse(kind, "has no size: " + std::generic_category().message(errno));
  const auto bytes = static_cast<std::size_t>(status.st_size);
  if (bytes < sizeof(Header)) {
    refuse(kind, fmt::format("has {} bytes, fewer than its header's {}", bytes, sizeof(Header)));
  }
  return bytes;
}

void check(const Kind& kind, const Header& header, std::size_t bytes) {
  if (header.magic != kind.magic) refuse(kind, fmt::format("begins with {:#018x}, not with its magic", header.magic));
  if (header.version != kind.version || header.entry_bytes != kind.entry_bytes) {
    refuse(kind, fmt::format("has version {} with {}-byte entries; this program reads version {} with {}-byte entries",
                             header.version, header.entry_bytes, kind.version, kind.entry_bytes));
  }
  if (header.total_bytes != bytes) refuse(kind, fmt::format("has {} bytes and claims {}", bytes, header.total_bytes));
  const bool inside = header.entries_offset >= sizeof(Header) && header.entries_offset <= bytes;
  if (!inside || header.entries_offset % flat_table::entry_alignment != 0) {
    refuse(kind, fmt::format("has {} bytes and claims entries from {}", bytes, header.entries_offset));
  }
  const std::size_t room = bytes - header.entries_offset;
  if (room % kind.entry_bytes != 0 || room / kind.entry_bytes != header.count) {
    refuse(kind, fmt::format("has {} bytes for entries and claims {} entries", room, header.count));
  }
}

}  // namespace

FlatTable::FlatTable(UniqueFd fd, const Kind& kind) : fd_(std::move(fd)), bytes_(sealed_size(fd_.get(), kind)) {
  Header header{};
  if (::pread(fd_.get(), &header, sizeof header, 0) != static_cast<ssize_t>(sizeof header)) {
    refuse(kind, "cannot be read: " + std::generic_category().message(errno));
  }
  check(kind, header, bytes_);
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
