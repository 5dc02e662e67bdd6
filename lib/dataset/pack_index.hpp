#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "dataset/pack_layout.hpp"

namespace slabring {

/// Checks a pack's header against itself and against the size of its file. Throws Error(dataset) with a sentence that
/// begins with `path`: no pack, half a pack, another version, damaged, cut off.
void check_pack_header(const std::string& path, const pack::Header& header, std::uint64_t file_bytes);

/// XXH3-64 of all of a header but its last member.
std::uint64_t header_checksum_of(const pack::Header& header) noexcept;

/// Reads the index of a pack, whose bytes may be anything: what it hands out lies inside the file.
class PackIndex {
 public:
  /// Requires: `header` was checked; `index` is the file from names_offset to its end, aligned as the file is.
  PackIndex(const pack::Header& header, std::span<const std::byte> index) noexcept : header_(header), index_(index) {}

  std::uint64_t size() const noexcept { return header_.count; }
  /// nullopt: its bytes are not among the samples, or its name not among the names. Requires: i < size().
  std::optional<pack::Entry> entry(std::uint64_t i) const noexcept;
  /// Bytes between the end of the sample before and the begin of sample i, whose entry is `entry`.
  std::uint64_t bytes_before(std::uint64_t i, const pack::Entry& entry) const noexcept;
  std::string_view name(const pack::Entry& entry) const noexcept;
  std::string_view about() const noexcept;
  /// Reads all of the index: true when it is as it was written.
  bool is_sound() const noexcept;

 private:
  pack::Header header_;
  std::span<const std::byte> index_;
};

}  // namespace slabring
