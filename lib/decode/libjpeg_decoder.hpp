#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/rect.hpp"
#include "decode/image_buffer.hpp"
#include "decode/stored_image.hpp"
#include "slabring/sample.hpp"

namespace slabring {

class JpegSession;

/// JPEG by libjpeg-turbo, with Pillow's settings: the accurate integer DCT, smooth upsampling, what libjpeg guesses of
/// the colour space, and four components always taken as Adobe's inverted CMYK.
///
/// A region of an ordinary file (one Huffman-coded scan) costs less than the whole image: the columns beside it are not
/// transformed, the rows above it not even stored, and those below are not read. Of other files all of the data is
/// read, and the rows below the region are left out.
class LibjpegDecoder {
 public:
  explicit LibjpegDecoder(int max_scans);
  ~LibjpegDecoder();

  /// Reads up to the pixels. `encoded` must stay valid until decode() has returned.
  StoredHeader open(std::span<const std::byte> encoded);

  /// The image is decoded `eighths` eighths as large (4, 2 or 1), from the low frequencies of its blocks; returns the
  /// size, in whose coordinates the regions of decode() are then. Requires: as decode().
  StoredHeader shrink(int eighths);

  /// The pixels of `region` (stored coordinates), in `buffer`. Requires: open() succeeded and decode() was not called
  /// since; region inside the image.
  ImageView decode(const Rect& region, ImageBuffer& buffer);

 private:
  int max_scans_;
  std::unique_ptr<JpegSession> session_;
};

}  // namespace slabring
