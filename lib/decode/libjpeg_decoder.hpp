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

  /// An image of fewer pixels that libjpeg makes of the low frequencies of each block.
  struct Shrunk {
    double scale = 1.0;
    std::uint32_t width = 0;
    std::uint32_t height = 0;
  };

  static constexpr double largest_shrunk_scale = 0.5;

  /// Decides on 1/2, 1/4 or 1/8 of the size: the smallest that is at least `least_scale`; nullopt: none is. Then the
  /// regions of decode() are in its coordinates. Requires: as decode().
  std::optional<Shrunk> shrink(double least_scale);

  /// The pixels of `region` (stored coordinates), in `buffer`. Requires: open() succeeded and decode() was not called
  /// since; region inside the image.
  ImageView decode(const Rect& region, ImageBuffer& buffer);

 private:
  int max_scans_;
  std::unique_ptr<JpegSession> session_;
};

}  // namespace slabring
