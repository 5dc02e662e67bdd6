#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "dataset/pack_layout.hpp"
#include "dataset/tile_index.hpp"
#include "decode/jpeg_tiles.hpp"
#include "read/record_files.hpp"

namespace slabring {

/// Reads a sample of a pack (file 0) and compares its checksum. Throws SampleFailure. Requires: `bytes` has its size.
void read_packed(const RecordFiles& file, const pack::Entry& entry, std::span<std::byte> bytes);

/// A JPEG of a pack with its tiles: read piece by piece, each compared with its checksum. Not thread-safe.
class PackedJpeg final : public TiledJpeg {
 public:
  /// Reads the `index_bytes` in front of the sample and what can be had with them in one go. nullptr: they are no
  /// sound index of this sample, which is then to be read as any other. `buffer` gets the bytes, and has to live as
  /// long as what is returned. Throws SampleFailure: they cannot be read.
  static std::unique_ptr<PackedJpeg> open(const RecordFiles& file, const pack::Entry& entry, std::uint64_t index_bytes,
                                          std::vector<std::byte>& buffer);

  std::span<const std::byte> bytes() const noexcept override { return bytes_; }
  const JpegTiles& tiles() const noexcept override { return index_.tiles; }
  bool fetch(std::size_t begin, std::size_t end) override;
  std::span<const std::byte> whole() override;

 private:
  PackedJpeg(const RecordFiles& file, const pack::Entry& entry, TileIndex index, std::span<std::byte> bytes);
  std::span<std::byte> piece(std::size_t i) const noexcept;
  bool check(std::size_t first, std::size_t end);

  const RecordFiles& file_;
  pack::Entry entry_;
  TileIndex index_;
  std::span<std::byte> bytes_;
  std::vector<bool> has_piece_;
};

}  // namespace slabring
