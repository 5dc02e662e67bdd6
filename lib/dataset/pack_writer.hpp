#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.hpp"
#include "dataset/pack_layout.hpp"
#include "decode/jpeg_tiles.hpp"

namespace slabring {

/// Writes a pack. Until finish() there is PATH.part, which says in its first bytes that it is half a pack, and
/// PATH.part.journal, which says what of it is safely on disk; after finish() there is PATH alone, whole. A writer that
/// is destroyed or killed before leaves the two, and the next one for the same path and identity goes on there.
class PackWriter {
 public:
  /// `identity`: everything that decides what the pack will hold; a half written pack of another identity is begun
  /// anew. Throws Error(io): PATH exists already, or cannot be written.
  PackWriter(std::string path, std::string_view identity);
  ~PackWriter();
  PackWriter(const PackWriter&) = delete;
  PackWriter& operator=(const PackWriter&) = delete;

  /// Samples of the source that an earlier writer dealt with: the number of the first one to come.
  std::uint64_t first() const noexcept { return first_; }
  /// Samples in the pack so far, the earlier writer's too.
  std::uint64_t count() const noexcept { return count_; }
  /// Their bytes, with the indexes of tiles.
  std::uint64_t bytes() const noexcept { return data_end_ - sizeof(pack::Header); }

  /// Appends a sample; `source` is its number in the source. Throws Error(io).
  void add(std::uint64_t source, std::span<const std::byte> bytes, std::int64_t label, std::string_view name);
  /// The same of a JPEG with its tiles, whose index is put in front of it.
  void add_tiled(std::uint64_t source, std::span<const std::byte> jpeg, const JpegTiles& tiles, std::int64_t label,
                 std::string_view name);
  /// Makes what was added last, which an earlier end leaves out. Called by add() every 64 MiB. Throws Error(io).
  void checkpoint();
  /// Appends the index and makes the whole pack appear under its name. `about` is JSON. Throws Error(io).
  void finish(std::string_view about, std::uint32_t version = pack::version);

 private:
  bool resume();
  void begin();
  void write_data();
  void append(std::span<const std::byte> bytes);

  std::string path_;
  std::string part_path_;
  std::string journal_path_;
  std::string journal_head_;
  UniqueFd part_;
  UniqueFd journal_;
  std::uint64_t first_ = 0;
  std::uint64_t count_ = 0;
  std::uint64_t data_end_ = sizeof(pack::Header);  ///< of the samples, with what is in data_
  std::uint64_t journal_end_ = 0;
  std::uint64_t names_bytes_ = 0;
  std::uint64_t since_checkpoint_ = 0;
  std::vector<std::byte> data_;             ///< not yet written
  std::vector<std::byte> waiting_journal_;  ///< for the samples since the last checkpoint
};

}  // namespace slabring
