#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>

#include "base/rect.hpp"
#include "decode/image_buffer.hpp"
#include "decode/native_jpeg/frame.hpp"
#include "decode/native_jpeg/grid.hpp"
#include "decode/native_jpeg/huffman_table.hpp"
#include "decode/native_jpeg/region_planes.hpp"
#include "decode/native_jpeg/scan.hpp"
#include "decode/stored_image.hpp"

namespace slabring::native_jpeg {

/// Sequential JPEGs of the usual kinds, in about half of libjpeg-turbo's time (docs/jpeg.md): the same pixels, or
/// none. It never says what is wrong with a file: whatever it does not read, and whatever may be damaged, is
/// libjpeg-turbo's to judge.
///
/// Of a region nothing is decoded below it, and beside and above it only the bits; of a file whose tiles are known only
/// the tiles that the region touches. Allocates no memory once it has met
/// the widest image. Owned by one worker, not thread-safe.
class NativeDecoder {
 public:
  /// Reads up to the pixels. nullopt: not for this decoder. `file` must stay valid until decode() has returned.
  std::optional<StoredHeader> open(std::span<const std::byte> file);

  /// The same, of a file of which only the headers have been read; their tiles are used from now on. nullopt also when
  /// they contradict the headers. `tiles` must stay valid until decode() has returned.
  std::optional<StoredHeader> open(std::span<const std::byte> file, const JpegTiles& tiles);

  /// Bytes of the file, half open.
  struct Span {
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  /// Those that decode() reads of a file whose tiles are known, beside its headers. Requires: as decode().
  Span bytes_for(const Rect& region) const;

  /// The image is decoded `eighths` eighths as large (4, 2 or 1), as libjpeg-turbo does it; returns the size. nullopt:
  /// not by this decoder; nothing has changed. Requires: open() succeeded.
  std::optional<StoredHeader> shrink(int eighths);

  /// The pixels of `region`, in `buffer`. nullopt: the file may be damaged; what is in `buffer` does not matter.
  /// Requires: open() succeeded; region inside the image, as shrunk. Throws std::bad_alloc.
  std::optional<ImageView> decode(const Rect& region, ImageBuffer& buffer);

  /// The same one row after the other: begin(), then as many next_row() as the region has rows, then ends_soundly().
  /// False from any of them: the file may be damaged, and the rows so far do not matter.
  bool begin(const Rect& region);
  bool next_row(std::uint8_t* rgb);
  bool ends_soundly() const;

  std::size_t scratch_bytes() const noexcept { return planes_.bytes(); }

 private:
  StoredHeader header() const noexcept;
  bool build_tables();
  bool advance(std::uint32_t mcu);
  bool decode_mcu_row();

  Bytes file_;
  const JpegTiles* tiles_ = nullptr;  ///< nullptr: not known
  Frame frame_;
  Grid grid_;
  std::array<DcTable, tables_of_a_kind> dc_;
  std::array<AcTable, tables_of_a_kind> ac_;
  Scan scan_;
  RegionPlanes planes_;
  // How far a region is decoded.
  McuRange needed_;
  int mcu_row_ = 0;  ///< the next one
  int y_ = 0;        ///< the next row of pixels
  int ready_ = 0;    ///< the first one that needs more MCUs
};

}  // namespace slabring::native_jpeg
