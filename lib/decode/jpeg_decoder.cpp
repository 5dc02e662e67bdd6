#include "decode/jpeg_decoder.hpp"

#include <optional>

#include "base/sample_failure.hpp"

namespace slabring {

JpegDecoder::JpegDecoder(JpegDecoding decoding, int max_scans)
    // A limit of no scans refuses every file, which is libjpeg-turbo's to do.
    : may_be_native_(decoding == JpegDecoding::native && max_scans > 0), libjpeg_(max_scans) {}

StoredHeader JpegDecoder::open(std::span<const std::byte> encoded) {
  encoded_ = encoded;
  is_native_ = false;
  if (may_be_native_) {
    if (const std::optional<StoredHeader> header = native_.open(encoded)) {
      is_native_ = true;
      header_ = *header;
      return header_;
    }
  }
  return libjpeg_.open(encoded);
}

std::optional<LibjpegDecoder::Shrunk> JpegDecoder::shrink(double least_scale) {
  if (least_scale > LibjpegDecoder::largest_shrunk_scale) return std::nullopt;
  if (is_native_) {  // which knows one size
    is_native_ = false;
    open_again();
  }
  return libjpeg_.shrink(least_scale);
}

ImageView JpegDecoder::decode(const Rect& region, ImageBuffer& buffer) {
  if (is_native_) {
    if (const std::optional<ImageView> pixels = native_.decode(region, buffer)) {
      ++decoded_native_;
      return *pixels;
    }
    open_again();
  }
  const ImageView pixels = libjpeg_.decode(region, buffer);
  ++decoded_fallback_;
  return pixels;
}

/// In libjpeg-turbo what the native decoder has opened. Both read the same bytes; but a region outside the image would
/// be one outside its memory.
void JpegDecoder::open_again() {
  const StoredHeader header = libjpeg_.open(encoded_);
  if (header.width == header_.width && header.height == header_.height) return;
  throw SampleFailure(SampleStatus::corrupt, "the JPEG's size is ambiguous");
}

}  // namespace slabring
