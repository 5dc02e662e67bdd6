#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <span>
#include <vector>

/// Image files made in memory, for tests that need one. Everything is deterministic: the same arguments give the same
/// bytes with the same libjpeg-turbo.
namespace slabring::test {

using Bytes = std::vector<std::byte>;

/// RGB pixels, rows of 3 x width bytes without padding.
struct RgbImage {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> pixels;

  std::array<std::uint8_t, 3> at(int x, int y) const {
    const std::size_t first =
        (static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x)) * 3;
    return {pixels[first], pixels[first + 1], pixels[first + 2]};
  }
  bool operator==(const RgbImage&) const = default;
};

/// So that a failed comparison says more than a list of bytes.
std::ostream& operator<<(std::ostream& out, const RgbImage& image);

/// Something like a photo: soft gradients, edges in all directions and fine noise, so that every coefficient of a JPEG
/// block and every branch of an upsampler is used.
RgbImage photo(int width, int height, std::uint32_t seed = 1);

/// How often a component is sampled horizontally and vertically, as in the file: luma {2, 2} over chroma {1, 1} is
/// 4:2:0.
struct Sampling {
  int horizontal = 1;
  int vertical = 1;
  bool operator==(const Sampling&) const = default;
};

enum class JpegColour : std::uint8_t { ycc, rgb, grey, cmyk, ycck };

struct JpegOptions {
  JpegColour colour = JpegColour::ycc;
  int quality = 90;
  Sampling luma{};    ///< of the first component (and of black)
  Sampling chroma{};  ///< of the others
  bool progressive = false;
  bool arithmetic = false;
  bool separate_scans = false;  ///< baseline, one scan per component
  bool optimized_tables = false;
  int restart_interval = 0;   ///< MCUs between restart markers; 0: none
  int exif_orientation = 0;   ///< 1 to 8; 0: no EXIF
  bool adobe_marker = false;  ///< write APP14 even where libjpeg would not
  std::uint32_t seed = 1;     ///< of the photo
};

/// A JPEG of photo(width, height, options.seed). CMYK and YCCK are stored inverted, as Adobe's programs do.
Bytes encode_jpeg(int width, int height, const JpegOptions& options = {});
Bytes encode_jpeg(const RgbImage& image, const JpegOptions& options = {});

/// Truecolour, 8 bits.
Bytes encode_png(const RgbImage& image);
/// 24 bits, bottom row first.
Bytes encode_bmp(const RgbImage& image);
/// 24 bits; run lengths or not.
Bytes encode_tga(const RgbImage& image, bool run_lengths = false);
/// P6 with a maximum of 255.
Bytes encode_ppm(const RgbImage& image);
/// GIF89a with a palette of 6 x 7 x 6 colours, to which `image` is rounded. `image` becomes what the file shows.
Bytes encode_gif(RgbImage& image);

/// Lossy of some quality, or lossless; with an alpha that says nothing of the colours, or none. Empty in a build
/// without libwebp.
struct WebpOptions {
  bool lossless = false;
  bool alpha = false;
  float quality = 80;
};
Bytes encode_webp(const RgbImage& image, const WebpOptions& options = {});

/// A TIFF header with one directory of one entry, Orientation, as EXIF has it; without the prefix "Exif\0\0".
Bytes exif_tiff(int orientation, bool big_endian = false);

}  // namespace slabring::test
