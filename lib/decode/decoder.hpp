#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "base/pixel_grid.hpp"
#include "base/rect.hpp"
#include "base/row_feed.hpp"
#include "slabring/options.hpp"
#include "slabring/sample.hpp"

namespace slabring {

class TiledJpeg;

/// Checked from the header, before anything is allocated for pixels.
struct DecodeLimits {
  /// Width x height. Default: Pillow's error level, 2 x Image.MAX_IMAGE_PIXELS (PIL/Image.py).
  std::uint64_t max_pixels = 178'956'970;
  /// Size of the encoded file.
  std::uint64_t max_file_bytes = std::uint64_t{1} << 30;
  /// Scans of a progressive JPEG; a 52 kB file with 1,500 scans costs 2 s. Default: libjpeg-turbo's own fuzzers use
  /// 500.
  int max_jpeg_scans = 500;
  /// Frames of an animated WebP, whose list is read although only the first is shown. GIF and PNG are read no further.
  int max_frames = 10'000;
};

enum class ImageFormat : std::uint8_t { jpeg, png, bmp, gif, tga, pnm, webp };
const char* to_string(ImageFormat format) noexcept;
/// By this build: WebP needs libwebp.
std::span<const ImageFormat> formats_read() noexcept;

/// What is known before decoding. Width and height are upright: after EXIF orientation.
struct ImageHeader {
  ImageFormat format{};
  int width = 0;
  int height = 0;
  int orientation = 1;  ///< EXIF, 1 to 8
};

/// Turns encoded bytes into upright RGB pixels equal to Pillow's
/// `ImageOps.exif_transpose(Image.open(f)).convert("RGB")`. The format is recognised by its first bytes, never by a
/// name. A variant that would give other pixels than Pillow's is refused as unsupported.
///
/// Owned by one worker; keeps its scratch memory between images and gives it back after an outlier. Not thread-safe.
/// Failures throw SampleFailure and leave the decoder ready for the next image: empty, too_large (file, pixels, scans,
/// frames),
/// unknown_format, unsupported, corrupt, truncated, out_of_memory.
class Decoder {
 public:
  explicit Decoder(const DecodeLimits& limits = {}, JpegDecoding decoding = JpegDecoding::native);
  ~Decoder();
  Decoder(const Decoder&) = delete;
  Decoder& operator=(const Decoder&) = delete;

  /// Reads the header and checks the limits. `encoded` must stay valid until decode() has returned.
  ImageHeader open(std::span<const std::byte> encoded);
  /// The same, of a JPEG whose tiles are known. decode() reads what it needs of it. Throws also what that throws.
  ImageHeader open(TiledJpeg& tiled);

  /// Has a JPEG decoded smaller, at 1/2, 1/4 or 1/8 of its size: the smallest that is at least `least_scale`. From now
  /// on decode() takes coordinates in the grid that is returned. nullopt, and nothing changes, where only the full size
  /// will do. Requires: as decode().
  std::optional<PixelGrid> shrink(double least_scale);

  /// The pixels of `region` (upright coordinates, inside the image), 3 channels, equal to that part of the full decode.
  /// May decode less than the whole image. The view is valid until the next call on this Decoder.
  ///
  /// A file that was cut off is refused whatever the region. Other damage outside the region may go unnoticed.
  /// Requires: open() succeeded and decode() was not called since.
  ImageView decode(const Rect& region);

  /// The same pixels row by row, where that can be done; nullptr: only decode() will do. The rows are valid until the
  /// next call. They may throw RowFeed::GivenUp: then decode() of the same region is to be called, which judges the
  /// file. Requires: as decode().
  RowFeed* stream(const Rect& region);

  /// JPEGs decoded so far: by the native decoder, and by libjpeg-turbo.
  std::uint64_t decoded_native() const noexcept;
  std::uint64_t decoded_fallback() const noexcept;

  /// Bytes of pixel memory held now; for tests of memory growth.
  std::size_t scratch_bytes() const noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace slabring
