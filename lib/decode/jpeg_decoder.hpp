#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/rect.hpp"
#include "base/row_feed.hpp"
#include "decode/image_buffer.hpp"
#include "decode/jpeg_tiles.hpp"
#include "decode/libjpeg_decoder.hpp"
#include "decode/native_jpeg/native_decoder.hpp"
#include "decode/native_jpeg/native_rows.hpp"
#include "decode/stored_image.hpp"
#include "slabring/options.hpp"

namespace slabring {

/// JPEGs, by whichever decoder reads them: the native one where it can and may, libjpeg-turbo everything else, and all
/// files that may be damaged, so that it alone judges what is refused and how. The pixels do not depend on it.
class JpegDecoder {
 public:
  JpegDecoder(JpegDecoding decoding, int max_scans);

  /// Reads up to the pixels. `encoded` must stay valid until decode() has returned.
  StoredHeader open(std::span<const std::byte> encoded);
  /// The same, of a file of which decode() reads only what it needs, if the native decoder reads it. `tiled` must stay
  /// valid until decode() has returned. Throws also what that throws.
  StoredHeader open(TiledJpeg& tiled);

  /// An image of fewer pixels, made of the low frequencies of each block.
  struct Shrunk {
    double scale = 1.0;
    std::uint32_t width = 0;
    std::uint32_t height = 0;
  };

  /// Decides on 1/2, 1/4 or 1/8 of the size: the smallest that is at least `least_scale`; nullopt: none is. Then the
  /// regions of decode() are in its coordinates. Requires: as decode().
  std::optional<Shrunk> shrink(double least_scale);

  /// The pixels of `region` (stored coordinates), in `buffer`. Requires: open() succeeded and decode() was not called
  /// since; region inside the image.
  ImageView decode(const Rect& region, ImageBuffer& buffer);

  /// The rows of `region` one after the other; nullptr: they are to be had by decode() alone. Valid until the next
  /// call. They may throw RowFeed::GivenUp, and then decode() of the same region judges the file. Requires: as
  /// decode().
  RowFeed* stream(const Rect& region);

  /// Images whose pixels came from one and from the other.
  std::uint64_t decoded_native() const noexcept { return decoded_native_ + rows_.finished(); }
  std::uint64_t decoded_fallback() const noexcept { return decoded_fallback_; }

  std::size_t scratch_bytes() const noexcept { return native_.scratch_bytes() + rows_.scratch_bytes(); }

 private:
  static constexpr int whole = 8;
  StoredHeader shrink_to(int eighths);
  bool fetch_tiles(const Rect& region);
  std::optional<ImageView> decode_natively(const Rect& region, ImageBuffer& buffer);
  void open_again();

  bool may_be_native_;
  bool is_native_ = false;      ///< the image that was opened
  StoredHeader header_;         ///< then
  TiledJpeg* tiled_ = nullptr;  ///< then, when it came with its tiles
  int eighths_ = whole;         ///< of its size
  std::span<const std::byte> encoded_;
  native_jpeg::NativeDecoder native_;
  native_jpeg::NativeRows rows_{native_};
  LibjpegDecoder libjpeg_;
  std::uint64_t decoded_native_ = 0;
  std::uint64_t decoded_fallback_ = 0;
};

}  // namespace slabring
