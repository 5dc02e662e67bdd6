#include "support/encode_image.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ostream>
#include <stdexcept>
#include <string_view>

#include "decode/libjpeg.hpp"

#ifdef SLABRING_HAS_WEBP
#include <webp/encode.h>
#endif

#define STB_IMAGE_WRITE_IMPLEMENTATION
#define STB_IMAGE_WRITE_STATIC
#define STBI_WRITE_NO_STDIO
#include <stb_image_write.h>

namespace slabring::test {
namespace {

/// Marsaglia's xorshift32: noise that is the same everywhere.
class Noise {
 public:
  explicit Noise(std::uint32_t seed) : state_(seed * 2654435761u + 1) {}
  int below(int limit) {
    state_ ^= state_ << 13;
    state_ ^= state_ >> 17;
    state_ ^= state_ << 5;
    return static_cast<int>(state_ % static_cast<std::uint32_t>(limit));
  }

 private:
  std::uint32_t state_;
};

std::uint8_t to_sample(int value) { return static_cast<std::uint8_t>(std::clamp(value, 0, 255)); }

void append(Bytes& bytes, std::string_view text) {
  for (char c : text) bytes.push_back(static_cast<std::byte>(c));
}

void append(Bytes& bytes, std::initializer_list<int> values) {
  for (int value : values) bytes.push_back(static_cast<std::byte>(value));
}

void append_little_endian(Bytes& bytes, int value) { append(bytes, {value & 255, value >> 8 & 255}); }

// ---- JPEG -----------------------------------------------------------------------------------------------------------

J_COLOR_SPACE file_colour_space(JpegColour colour) {
  switch (colour) {
    case JpegColour::ycc: return JCS_YCbCr;
    case JpegColour::rgb: return JCS_RGB;
    case JpegColour::grey: return JCS_GRAYSCALE;
    case JpegColour::cmyk: return JCS_CMYK;
    case JpegColour::ycck: return JCS_YCCK;
  }
  throw std::invalid_argument("not a JpegColour");
}

/// The samples that libjpeg is fed: RGB, one grey channel, or inverted CMYK with some black.
std::vector<std::uint8_t> input_samples(const RgbImage& image, JpegColour colour) {
  if (colour == JpegColour::ycc || colour == JpegColour::rgb) return image.pixels;
  std::vector<std::uint8_t> samples;
  for (std::size_t i = 0; i < image.pixels.size(); i += 3) {
    const std::uint8_t* rgb = &image.pixels[i];
    if (colour == JpegColour::grey) {
      samples.push_back(static_cast<std::uint8_t>((rgb[0] + 2 * rgb[1] + rgb[2]) / 4));
    } else {
      samples.insert(samples.end(), rgb, rgb + 3);
      samples.push_back(static_cast<std::uint8_t>(255 - (rgb[0] ^ rgb[2]) / 4));
    }
  }
  return samples;
}

/// Makes libjpeg write a file as `options` says. An error of libjpeg ends the test program, which is what its default
/// error_exit does: the options are the test's own.
class JpegWriter {
 public:
  JpegWriter() {
    compressor_.err = jpeg_std_error(&errors_);
    jpeg_create_compress(&compressor_);
    jpeg_mem_dest(&compressor_, &data_, &size_);
  }
  JpegWriter(const JpegWriter&) = delete;
  JpegWriter& operator=(const JpegWriter&) = delete;
  ~JpegWriter() {
    jpeg_destroy_compress(&compressor_);
    std::free(data_);
  }

  Bytes write(const RgbImage& image, const JpegOptions& options) {
    std::vector<std::uint8_t> samples = input_samples(image, options.colour);
    configure(image, options);
    jpeg_start_compress(&compressor_, TRUE);
    if (options.exif_orientation != 0) write_exif(options.exif_orientation);
    const std::size_t stride = samples.size() / static_cast<std::size_t>(image.height);
    while (compressor_.next_scanline < compressor_.image_height) {
      JSAMPROW row = samples.data() + compressor_.next_scanline * stride;
      jpeg_write_scanlines(&compressor_, &row, 1);
    }
    jpeg_finish_compress(&compressor_);
    const std::byte* first = reinterpret_cast<const std::byte*>(data_);
    return {first, first + size_};
  }

 private:
  void configure(const RgbImage& image, const JpegOptions& options) {
    const bool four = options.colour == JpegColour::cmyk || options.colour == JpegColour::ycck;
    const bool grey = options.colour == JpegColour::grey;
    compressor_.image_width = static_cast<JDIMENSION>(image.width);
    compressor_.image_height = static_cast<JDIMENSION>(image.height);
    compressor_.input_components = four ? 4 : grey ? 1 : 3;
    compressor_.in_color_space = four ? JCS_CMYK : grey ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&compressor_);
    jpeg_set_colorspace(&compressor_, file_colour_space(options.colour));
    jpeg_set_quality(&compressor_, options.quality, TRUE);
    for (int i = 0; i < compressor_.num_components; ++i) {
      const Sampling sampling = i == 0 || i == 3 ? options.luma : options.chroma;
      compressor_.comp_info[i].h_samp_factor = sampling.horizontal;
      compressor_.comp_info[i].v_samp_factor = sampling.vertical;
    }
    compressor_.arith_code = options.arithmetic;
    compressor_.optimize_coding = options.optimized_tables;
    compressor_.restart_interval = static_cast<unsigned>(options.restart_interval);
    if (options.adobe_marker) compressor_.write_Adobe_marker = TRUE;
    if (options.progressive) jpeg_simple_progression(&compressor_);
    if (options.separate_scans) separate_scans();
  }

  void separate_scans() {
    for (int i = 0; i < compressor_.num_components; ++i) {
      scans_[static_cast<std::size_t>(i)] = {1, {i, 0, 0, 0}, 0, 63, 0, 0};
    }
    compressor_.scan_info = scans_.data();
    compressor_.num_scans = compressor_.num_components;
  }

  void write_exif(int orientation) {
    Bytes marker;
    append(marker, {'E', 'x', 'i', 'f', 0, 0});
    const Bytes tiff = exif_tiff(orientation);
    marker.insert(marker.end(), tiff.begin(), tiff.end());
    jpeg_write_marker(&compressor_, JPEG_APP0 + 1, reinterpret_cast<const JOCTET*>(marker.data()),
                      static_cast<unsigned>(marker.size()));
  }

  jpeg_compress_struct compressor_{};
  jpeg_error_mgr errors_{};
  std::array<jpeg_scan_info, 4> scans_{};
  unsigned char* data_ = nullptr;
  unsigned long size_ = 0;
};

// ---- GIF ------------------------------------------------------------------------------------------------------------

constexpr int gif_red_levels = 6;
constexpr int gif_green_levels = 7;
constexpr int gif_blue_levels = 6;

int nearest_level(int sample, int levels) { return (sample * (levels - 1) + 127) / 255; }

int gif_colour(const std::uint8_t* rgb) {
  return (nearest_level(rgb[0], gif_red_levels) * gif_green_levels + nearest_level(rgb[1], gif_green_levels)) *
             gif_blue_levels +
         nearest_level(rgb[2], gif_blue_levels);
}

std::array<std::uint8_t, 3> gif_palette_entry(int index) {
  const int blue = index % gif_blue_levels;
  const int green = index / gif_blue_levels % gif_green_levels;
  const int red = index / (gif_blue_levels * gif_green_levels) % gif_red_levels;
  return {to_sample(red * 255 / (gif_red_levels - 1)), to_sample(green * 255 / (gif_green_levels - 1)),
          to_sample(blue * 255 / (gif_blue_levels - 1))};
}

/// Codes of 9 bits, lowest bit first. A clear code comes before the decoder's table would need 10 bits: no compression,
/// yet a stream that every decoder reads.
Bytes uncompressed_lzw(const std::vector<int>& indices) {
  constexpr int clear = 256, end = 257, code_bits = 9, codes_between_clears = 250;
  Bytes stream;
  unsigned pending = 0;
  int pending_bits = 0;
  const auto put = [&](int code) {
    pending |= static_cast<unsigned>(code) << pending_bits;
    for (pending_bits += code_bits; pending_bits >= 8; pending_bits -= 8, pending >>= 8) {
      stream.push_back(static_cast<std::byte>(pending & 255));
    }
  };
  for (std::size_t i = 0; i < indices.size(); ++i) {
    if (i % codes_between_clears == 0) put(clear);
    put(indices[i]);
  }
  put(end);
  stream.push_back(static_cast<std::byte>(pending & 255));
  return stream;
}

// ---- stb_image_write ------------------------------------------------------------------------------------------------

void append_block(void* context, void* data, int size) {
  const std::byte* first = static_cast<const std::byte*>(data);
  static_cast<Bytes*>(context)->insert(static_cast<Bytes*>(context)->end(), first, first + size);
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const RgbImage& image) {
  std::uint32_t sum = 0;
  for (std::uint8_t sample : image.pixels) sum = sum * 31 + sample;
  return out << image.width << "x" << image.height << " pixels with the checksum " << sum;
}

RgbImage photo(int width, int height, std::uint32_t seed) {
  RgbImage image{width, height, {}};
  image.pixels.reserve(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
  Noise noise(seed);
  const int slope = 1 + noise.below(5), period = 9 + noise.below(23), tint = noise.below(120);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const int sky = 200 - y * slope / 2 + x / 3;
      const int edge = (x + y * slope) / period % 2 * 90;
      const int disc = (x - width / 2) * (x - width / 2) + (y - height / 3) * (y - height / 3) < width * width / 16;
      image.pixels.push_back(to_sample(sky % 256 + noise.below(9)));
      image.pixels.push_back(to_sample(tint + edge + noise.below(17)));
      image.pixels.push_back(to_sample((disc ? 230 : 40) + (x * y / period) % 30 - edge / 3 + noise.below(9)));
    }
  }
  return image;
}

Bytes encode_jpeg(const RgbImage& image, const JpegOptions& options) { return JpegWriter().write(image, options); }

Bytes encode_jpeg(int width, int height, const JpegOptions& options) {
  return encode_jpeg(photo(width, height, options.seed), options);
}

Bytes encode_png(const RgbImage& image) {
  Bytes file;
  stbi_write_png_to_func(append_block, &file, image.width, image.height, 3, image.pixels.data(), image.width * 3);
  return file;
}

Bytes encode_bmp(const RgbImage& image) {
  Bytes file;
  stbi_write_bmp_to_func(append_block, &file, image.width, image.height, 3, image.pixels.data());
  return file;
}

Bytes encode_tga(const RgbImage& image, bool run_lengths) {
  Bytes file;
  stbi_write_tga_with_rle = run_lengths;
  stbi_write_tga_to_func(append_block, &file, image.width, image.height, 3, image.pixels.data());
  return file;
}

Bytes encode_ppm(const RgbImage& image) {
  Bytes file;
  append(file, "P6\n" + std::to_string(image.width) + " " + std::to_string(image.height) + "\n255\n");
  for (std::uint8_t sample : image.pixels) file.push_back(static_cast<std::byte>(sample));
  return file;
}

Bytes encode_gif(RgbImage& image) {
  std::vector<int> indices;
  for (std::size_t i = 0; i < image.pixels.size(); i += 3) {
    indices.push_back(gif_colour(&image.pixels[i]));
    const std::array<std::uint8_t, 3> shown = gif_palette_entry(indices.back());
    std::copy(shown.begin(), shown.end(), image.pixels.begin() + static_cast<std::ptrdiff_t>(i));
  }
  Bytes file;
  append(file, "GIF89a");
  append_little_endian(file, image.width);
  append_little_endian(file, image.height);
  append(file, {0x80 | 7, 0, 0});  // a palette of 2^(7+1) colours
  for (int i = 0; i < 256; ++i) {
    for (std::uint8_t sample : gif_palette_entry(i)) append(file, {sample});
  }
  append(file, {',', 0, 0, 0, 0});
  append_little_endian(file, image.width);
  append_little_endian(file, image.height);
  append(file, {0, 8});  // no palette of its own, not interlaced; codes start at 8 + 1 bits
  const Bytes stream = uncompressed_lzw(indices);
  for (std::size_t at = 0; at < stream.size(); at += 255) {
    const std::size_t size = std::min<std::size_t>(255, stream.size() - at);
    append(file, {static_cast<int>(size)});
    const auto first = stream.begin() + static_cast<std::ptrdiff_t>(at);
    file.insert(file.end(), first, first + static_cast<std::ptrdiff_t>(size));
  }
  append(file, {0, ';'});
  return file;
}

#ifdef SLABRING_HAS_WEBP

Bytes encode_webp(const RgbImage& image, const WebpOptions& options) {
  const int channels = options.alpha ? 4 : 3, stride = image.width * channels;
  std::vector<std::uint8_t> samples;
  for (std::size_t i = 0; i < image.pixels.size(); i += 3) {
    const std::uint8_t* rgb = &image.pixels[i];
    samples.insert(samples.end(), rgb, rgb + 3);
    if (options.alpha) samples.push_back(static_cast<std::uint8_t>(1 + (rgb[0] ^ rgb[1]) / 2));
  }
  std::uint8_t* data = nullptr;
  std::size_t size = 0;
  if (options.lossless) {
    size = (options.alpha ? WebPEncodeLosslessRGBA : WebPEncodeLosslessRGB)(samples.data(), image.width, image.height,
                                                                            stride, &data);
  } else {
    size = (options.alpha ? WebPEncodeRGBA : WebPEncodeRGB)(samples.data(), image.width, image.height, stride,
                                                            options.quality, &data);
  }
  const auto* first = reinterpret_cast<const std::byte*>(data);
  Bytes file(first, first + size);
  WebPFree(data);
  return file;
}

#else

Bytes encode_webp(const RgbImage&, const WebpOptions&) { return {}; }

#endif

Bytes exif_tiff(int orientation, bool big_endian) {
  Bytes tiff;
  if (big_endian) {
    append(tiff, {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1});             // the directory is at 8 and has 1 entry:
    append(tiff, {0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, orientation});  // Orientation, a 16-bit number, one of it
  } else {
    append(tiff, {'I', 'I', 42, 0, 8, 0, 0, 0, 1, 0});
    append(tiff, {0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0});
  }
  append(tiff, {0, 0, 0, 0, 0, 0});  // the rest of the value's field; no further directory
  return tiff;
}

}  // namespace slabring::test
