#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace slabring {

/// Where the restart segments of a JPEG lie: parts of its scan that can be decoded without what is before them.
///
/// Segment s holds MCUs [s x interval, (s + 1) x interval) in the bytes [begins[s], begins[s + 1] - 2); behind them
/// stands restart marker s % 8, behind the last one the end of the image.
struct JpegTiles {
  std::uint32_t interval = 0;         ///< MCUs in a segment; the last one may have fewer
  std::vector<std::uint32_t> begins;  ///< of the segments, rising; the last number is where the file ends

  static constexpr std::size_t marker_bytes = 2;

  std::uint32_t segments() const noexcept { return static_cast<std::uint32_t>(begins.size()) - 1; }
  /// Where the headers end.
  std::uint32_t scan_begin() const noexcept { return begins.front(); }
  /// It has segments, one after the other, each with room for its marker, in a file of `file_bytes`.
  bool is_consistent(std::uint64_t file_bytes) const noexcept;
};

/// Finds them by reading all of a file. nullopt: it has none, or is not of the kind that the native decoder reads, or
/// goes on behind the end of the image.
std::optional<JpegTiles> find_tiles(std::span<const std::byte> jpeg);

/// A JPEG whose tiles are known and whose bytes are read when they are needed.
class TiledJpeg {
 public:
  virtual ~TiledJpeg() = default;

  /// As many bytes as the file has. Only those that were fetched have a meaning. The same memory each time.
  virtual std::span<const std::byte> bytes() const noexcept = 0;
  /// Consistent with bytes().size().
  virtual const JpegTiles& tiles() const noexcept = 0;
  /// Sees to bytes [begin, end). False: they are not those that the tiles are of. Throws SampleFailure when they cannot
  /// be read. Requires: begin <= end <= bytes().size().
  virtual bool fetch(std::size_t begin, std::size_t end) = 0;
  /// Sees to all bytes, and to their being what was written. Throws SampleFailure.
  virtual std::span<const std::byte> whole() = 0;
};

/// One that is in memory whole.
class TiledJpegInMemory final : public TiledJpeg {
 public:
  /// Requires: `file` outlives it; the tiles are consistent with its size.
  TiledJpegInMemory(std::span<const std::byte> file, JpegTiles tiles) : file_(file), tiles_(std::move(tiles)) {}

  std::span<const std::byte> bytes() const noexcept override { return file_; }
  const JpegTiles& tiles() const noexcept override { return tiles_; }
  bool fetch(std::size_t, std::size_t) override { return true; }
  std::span<const std::byte> whole() override { return file_; }

 private:
  std::span<const std::byte> file_;
  JpegTiles tiles_;
};

}  // namespace slabring
