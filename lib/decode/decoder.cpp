#include "decode/decoder.hpp"

#include <fmt/format.h>

#include <array>
#include <limits>
#include <new>

#include "base/sample_failure.hpp"
#include "decode/bmp_decoder.hpp"
#include "decode/gif_decoder.hpp"
#include "decode/image_buffer.hpp"
#include "decode/jpeg_decoder.hpp"
#include "decode/orient.hpp"
#include "decode/png_decoder.hpp"
#include "decode/pnm_decoder.hpp"
#include "decode/probe.hpp"
#include "decode/stored_image.hpp"
#include "decode/tga_decoder.hpp"
#include "decode/webp_decoder.hpp"

namespace slabring {

const char* to_string(ImageFormat format) noexcept {
  switch (format) {
    case ImageFormat::jpeg: return "JPEG";
    case ImageFormat::png: return "PNG";
    case ImageFormat::bmp: return "BMP";
    case ImageFormat::gif: return "GIF";
    case ImageFormat::tga: return "TGA";
    case ImageFormat::pnm: return "PNM";
    case ImageFormat::webp: return "WebP";
  }
  return "unknown";
}

std::span<const ImageFormat> formats_read() noexcept {
  // What a build may lack comes last.
  static constexpr std::array all{ImageFormat::jpeg, ImageFormat::png, ImageFormat::bmp, ImageFormat::gif,
                                  ImageFormat::tga,  ImageFormat::pnm, ImageFormat::webp};
  return std::span(all).first(webp_is_read() ? all.size() : all.size() - 1);
}

class Decoder::Impl {
 public:
  Impl(const DecodeLimits& limits, JpegDecoding decoding) : limits_(limits), jpeg_(decoding, limits.max_jpeg_scans) {}

  ImageHeader open(std::span<const std::byte> encoded) {
    check_file(encoded);
    encoded_ = encoded;
    format_ = probe(encoded);
    stored_ = read_header();
    return checked_header();
  }

  ImageHeader open(TiledJpeg& tiled) {
    check_file(tiled.bytes());
    format_ = ImageFormat::jpeg;
    stored_ = jpeg_.open(tiled);
    return checked_header();
  }

  std::optional<PixelGrid> shrink(double least_scale) {
    if (format_ != ImageFormat::jpeg) return std::nullopt;
    const std::optional<JpegDecoder::Shrunk> shrunk = jpeg_.shrink(least_scale);
    if (!shrunk) return std::nullopt;
    const PixelGrid stored{shrunk->scale, static_cast<int>(shrunk->width), static_cast<int>(shrunk->height), 0.0, 0.0};
    const PixelGrid upright = upright_grid(stored, stored_.orientation, width(), height());
    stored_.width = shrunk->width;
    stored_.height = shrunk->height;
    return upright;
  }

  ImageView decode(const Rect& region) {
    if (stored_.orientation == 1) return decode_stored(region);
    const ImageView stored = decode_stored(to_stored(region, stored_.orientation, width(), height()));
    const MutableImageView upright = upright_.rgb(region.width, region.height);
    write_upright(stored, stored_.orientation, upright);
    return upright;
  }

  RowFeed* stream(const Rect& region) {
    return format_ == ImageFormat::jpeg && stored_.orientation == 1 ? jpeg_.stream(region) : nullptr;
  }

  const JpegDecoder& jpeg() const noexcept { return jpeg_; }
  std::size_t scratch_bytes() const noexcept {
    return pixels_.capacity() + upright_.capacity() + jpeg_.scratch_bytes();
  }

 private:
  int width() const noexcept { return static_cast<int>(stored_.width); }
  int height() const noexcept { return static_cast<int>(stored_.height); }

  void check_file(std::span<const std::byte> encoded) const {
    if (encoded.empty()) throw SampleFailure(SampleStatus::empty, "the file is empty");
    if (encoded.size() > limits_.max_file_bytes) {
      throw SampleFailure(SampleStatus::too_large,
                          fmt::format("the file has {} bytes, limit {}", encoded.size(), limits_.max_file_bytes));
    }
  }

  void check_pixels() const {
    constexpr std::uint32_t largest_side = std::numeric_limits<int>::max();
    const std::uint64_t pixels = std::uint64_t{stored_.width} * stored_.height;
    if (pixels > limits_.max_pixels || stored_.width > largest_side || stored_.height > largest_side) {
      throw SampleFailure(SampleStatus::too_large, fmt::format("{}x{} = {} pixels, limit {}", stored_.width,
                                                               stored_.height, pixels, limits_.max_pixels));
    }
  }

  ImageHeader checked_header() const {
    check_pixels();
    const bool swapped = swaps_axes(stored_.orientation);
    return {format_, swapped ? height() : width(), swapped ? width() : height(), stored_.orientation};
  }

  StoredHeader read_header() {
    switch (format_) {
      case ImageFormat::jpeg: return jpeg_.open(encoded_);
      case ImageFormat::png: return read_png_header(encoded_);
      case ImageFormat::bmp: return read_bmp_header(encoded_);
      case ImageFormat::gif: return read_gif_header(encoded_);
      case ImageFormat::tga: return read_tga_header(encoded_);
      case ImageFormat::pnm: return read_pnm_header(encoded_);
      case ImageFormat::webp: return read_webp_header(encoded_, limits_.max_frames);
    }
    return {};
  }

  ImageView decode_stored(const Rect& region) {
    if (format_ == ImageFormat::jpeg) return jpeg_.decode(region, pixels_);
    if (format_ == ImageFormat::webp) return decode_webp(encoded_, region, pixels_);
    const MutableImageView whole = pixels_.rgb(width(), height());
    switch (format_) {
      case ImageFormat::jpeg:
      case ImageFormat::webp: break;
      case ImageFormat::png: decode_png(encoded_, whole); break;
      case ImageFormat::bmp: decode_bmp(encoded_, whole); break;
      case ImageFormat::gif: decode_gif(encoded_, whole); break;
      case ImageFormat::tga: decode_tga(encoded_, whole); break;
      case ImageFormat::pnm: decode_pnm(encoded_, whole); break;
    }
    return {whole.row(region.y) + region.x * std::ptrdiff_t{3}, region.width, region.height, 3, whole.stride};
  }

  const DecodeLimits limits_;
  JpegDecoder jpeg_;
  ImageBuffer pixels_;   ///< as stored
  ImageBuffer upright_;  ///< only used by images that are not stored upright
  std::span<const std::byte> encoded_;
  ImageFormat format_{};
  StoredHeader stored_;
};

Decoder::Decoder(const DecodeLimits& limits, JpegDecoding decoding) : impl_(std::make_unique<Impl>(limits, decoding)) {}
Decoder::~Decoder() = default;

namespace {

template <class Work>
auto reporting_lack_of_memory(const Work& work) {
  try {
    return work();
  } catch (const std::bad_alloc&) {
    throw SampleFailure(SampleStatus::out_of_memory, "not enough memory to decode the image");
  }
}

}  // namespace

ImageHeader Decoder::open(std::span<const std::byte> encoded) {
  return reporting_lack_of_memory([&] { return impl_->open(encoded); });
}

ImageHeader Decoder::open(TiledJpeg& tiled) {
  return reporting_lack_of_memory([&] { return impl_->open(tiled); });
}

std::optional<PixelGrid> Decoder::shrink(double least_scale) {
  return reporting_lack_of_memory([&] { return impl_->shrink(least_scale); });
}

ImageView Decoder::decode(const Rect& region) {
  return reporting_lack_of_memory([&] { return impl_->decode(region); });
}

RowFeed* Decoder::stream(const Rect& region) {
  return reporting_lack_of_memory([&] { return impl_->stream(region); });
}

std::uint64_t Decoder::decoded_native() const noexcept { return impl_->jpeg().decoded_native(); }
std::uint64_t Decoder::decoded_fallback() const noexcept { return impl_->jpeg().decoded_fallback(); }

std::size_t Decoder::scratch_bytes() const noexcept { return impl_->scratch_bytes(); }

}  // namespace slabring
