#include "dataset/pack_index.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/fingerprint.hpp"
#include "slabring/error.hpp"

namespace slabring {

using pack::Entry;
using pack::Header;

namespace {

[[noreturn]] void refuse(const std::string& path, const std::string& why) {
  throw Error(ErrorCode::dataset, fmt::format("{} {}", path, why));
}

/// The parts lie in the file, in their order.
bool parts_are_in_order(const Header& header) noexcept {
  return header.names_offset >= sizeof(Header) && header.entries_offset >= header.names_offset &&
         header.about_offset >= header.entries_offset && header.total_bytes >= header.about_offset &&
         header.entries_offset % pack::entry_alignment == 0 &&
         (header.about_offset - header.entries_offset) % sizeof(Entry) == 0 &&
         (header.about_offset - header.entries_offset) / sizeof(Entry) == header.count;
}

}  // namespace

std::uint64_t header_checksum_of(const Header& header) noexcept {
  return fingerprint_of(std::as_bytes(std::span(&header, 1)).first(offsetof(Header, header_checksum)));
}

void check_pack_header(const std::string& path, const Header& header, std::uint64_t file_bytes) {
  if (file_bytes >= sizeof(std::uint64_t) && header.magic == pack::part_magic) {
    refuse(path, "is half a pack: writing it was broken off, or goes on still; the same `slabring pack` finishes it");
  }
  if (file_bytes < sizeof(Header) || header.magic != pack::magic) {
    refuse(path, "is no pack: it does not begin with SLABPACK");
  }
  if (header.header_checksum != header_checksum_of(header)) {
    refuse(path, "is a pack with a damaged header: its checksum is another");
  }
  const bool known = header.version == pack::version || header.version == pack::bare_version;
  if (!known || header.entry_bytes != sizeof(Entry)) {
    refuse(path, fmt::format("is a pack of version {} with {}-byte entries; this program reads versions {} and {} with "
                             "{}-byte entries",
                             header.version, header.entry_bytes, pack::version, pack::bare_version, sizeof(Entry)));
  }
  if (header.total_bytes != file_bytes) {
    refuse(path, fmt::format("is a pack of {} bytes, and the file has {}; it was not copied whole", header.total_bytes,
                             file_bytes));
  }
  if (!parts_are_in_order(header)) {
    refuse(path, fmt::format("is a pack whose header contradicts itself: names from {}, {} entries from {}, the rest "
                             "from {}, of {} bytes",
                             header.names_offset, header.count, header.entries_offset, header.about_offset,
                             header.total_bytes));
  }
}

std::optional<Entry> PackIndex::entry(std::uint64_t i) const noexcept {
  Entry entry{};
  std::memcpy(&entry, index_.data() + (header_.entries_offset - header_.names_offset) + i * sizeof(Entry),
              sizeof entry);
  const bool sample_inside = entry.offset >= sizeof(Header) && entry.offset <= header_.names_offset &&
                             entry.bytes <= header_.names_offset - entry.offset;
  const std::uint64_t names = header_.entries_offset - header_.names_offset;
  const bool name_inside = entry.name_offset <= names && entry.name_bytes <= names - entry.name_offset;
  if (!sample_inside || !name_inside) return std::nullopt;
  return entry;
}

std::uint64_t PackIndex::bytes_before(std::uint64_t i, const Entry& entry) const noexcept {
  std::uint64_t end = sizeof(Header);
  if (i > 0) {
    const std::optional<Entry> before = this->entry(i - 1);
    if (!before) return 0;
    end = before->offset + before->bytes;
  }
  return end <= entry.offset ? entry.offset - end : 0;
}

std::string_view PackIndex::name(const Entry& entry) const noexcept {
  return {reinterpret_cast<const char*>(index_.data()) + entry.name_offset, entry.name_bytes};
}

std::string_view PackIndex::about() const noexcept {
  const std::span<const std::byte> about = index_.subspan(header_.about_offset - header_.names_offset);
  return {reinterpret_cast<const char*>(about.data()), about.size()};
}

bool PackIndex::is_sound() const noexcept { return fingerprint_of(index_) == header_.index_checksum; }

}  // namespace slabring
