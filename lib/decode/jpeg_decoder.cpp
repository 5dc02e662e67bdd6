#include "decode/jpeg_decoder.hpp"

#include <optional>

#include "base/sample_failure.hpp"

namespace slabring {

JpegDecoder::JpegDecoder(JpegDecoding decoding, int max_scans)
    // A limit of no scans refuses every file, which is libjpeg-turbo's to do.
    : may_be_native_(decoding == JpegDecoding::native && max_scans > 0), libjpeg_(max_scans) {}

StoredHeader JpegDecoder::open(std::span<const std::byte> encoded) {
  encoded_ = encoded;
  tiled_ = nullptr;
  is_native_ = false;
  eighths_ = whole;
  if (may_be_native_) {
    if (const std::optional<StoredHeader> header = native_.open(encoded)) {
      is_native_ = true;
      header_ = *header;
      return header_;
    }
  }
  return libjpeg_.open(encoded);
}

StoredHeader JpegDecoder::open(TiledJpeg& tiled) {
  if (!may_be_native_ || !tiled.fetch(0, tiled.tiles().scan_begin())) return open(tiled.whole());
  const std::optional<StoredHeader> header = native_.open(tiled.bytes(), tiled.tiles());
  if (!header) return open(tiled.whole());
  tiled_ = &tiled;
  eighths_ = whole;
  is_native_ = true;
  header_ = *header;
  return header_;
}

/// Not the sizes between, which libjpeg-turbo has no SIMD code for: 5/8 to 7/8 take longer than the full size, 3/8 as
/// long as 1/2.
std::optional<JpegDecoder::Shrunk> JpegDecoder::shrink(double least_scale) {
  for (const int eighths : {1, 2, 4}) {
    const double scale = eighths / 8.0;
    if (scale < least_scale) continue;
    const StoredHeader size = shrink_to(eighths);
    return Shrunk{scale, size.width, size.height};
  }
  return std::nullopt;
}

StoredHeader JpegDecoder::shrink_to(int eighths) {
  if (is_native_) {
    if (const std::optional<StoredHeader> size = native_.shrink(eighths)) {
      eighths_ = eighths;
      return *size;
    }
    is_native_ = false;
    open_again();
  }
  return libjpeg_.shrink(eighths);
}

ImageView JpegDecoder::decode(const Rect& region, ImageBuffer& buffer) {
  if (is_native_) {
    if (const std::optional<ImageView> pixels = decode_natively(region, buffer)) {
      ++decoded_native_;
      return *pixels;
    }
    open_again();
  }
  const ImageView pixels = libjpeg_.decode(region, buffer);
  ++decoded_fallback_;
  return pixels;
}

RowFeed* JpegDecoder::stream(const Rect& region) {
  return is_native_ && fetch_tiles(region) && rows_.begin(region) ? &rows_ : nullptr;
}

/// What the region needs of a file that came with its tiles. False: it cannot be had, or not as it should be.
bool JpegDecoder::fetch_tiles(const Rect& region) {
  if (tiled_ == nullptr) return true;
  const auto [begin, end] = native_.bytes_for(region);
  return tiled_->fetch(begin, end);
}

std::optional<ImageView> JpegDecoder::decode_natively(const Rect& region, ImageBuffer& buffer) {
  if (!fetch_tiles(region)) return std::nullopt;
  return native_.decode(region, buffer);
}

/// In libjpeg-turbo what the native decoder has opened. Both read the same bytes; but a region outside the image would
/// be one outside its memory.
void JpegDecoder::open_again() {
  if (tiled_ != nullptr) encoded_ = tiled_->whole();
  const StoredHeader header = libjpeg_.open(encoded_);
  if (header.width != header_.width || header.height != header_.height) {
    throw SampleFailure(SampleStatus::corrupt, "the JPEG's size is ambiguous");
  }
  if (eighths_ != whole) libjpeg_.shrink(eighths_);
}

}  // namespace slabring
