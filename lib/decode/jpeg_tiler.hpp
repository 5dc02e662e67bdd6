#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "decode/decoder.hpp"
#include "decode/jpeg_tiles.hpp"

namespace slabring {

/// Codes JPEGs anew without loss, so that parts of them can be decoded: the same coefficients, baseline, with restart
/// markers and Huffman tables that are best for the image. What becomes of it is an ordinary JPEG with the markers of
/// the original (EXIF, colour profile, comments), but for what follows the end of the image. Not thread-safe.
class JpegTiler {
 public:
  struct Tiled {
    std::span<const std::byte> file;  ///< valid until the next call
    JpegTiles tiles;
  };

  /// nullopt: this is better left as it is. No JPEG, or none that can be tiled (CMYK, 12 bits, samplings that the
  /// native decoder does not read), or damaged; or decoding the result, which is tried each time, gives other pixels.
  std::optional<Tiled> tile(std::span<const std::byte> file);

 private:
  bool looks_the_same(std::span<const std::byte> file, const Tiled& tiled);

  std::vector<std::byte> coded_;
  Decoder before_;
  Decoder after_;
};

/// MCUs in a segment of a JPEG of `bytes` with so many columns and rows of them: few, so that a region has little to
/// skip, but 4 at least, and enough that what a segment costs (a marker of 2 bytes, half a byte of padding, predictions
/// that begin anew, its place in the index) stays below one byte in a hundred. A divisor of the row where one is near,
/// so that a region's edge meets segments in few places; otherwise they run on over the ends of rows.
int tile_interval(int columns, int rows, std::size_t bytes) noexcept;

}  // namespace slabring
