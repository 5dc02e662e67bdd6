#include "decode/webp_decoder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/sample_failure.hpp"

#ifdef SLABRING_HAS_WEBP
#include <webp/decode.h>
#include <webp/demux.h>

#include <memory>

#include "decode/byte_reader.hpp"
#include "decode/exif.hpp"
#endif

namespace slabring {

bool looks_like_webp(std::span<const std::byte> file) noexcept {
  constexpr std::size_t magic_bytes = 16;
  if (file.size() < magic_bytes) return false;
  const std::string_view start(reinterpret_cast<const char*>(file.data()), magic_bytes);
  const std::string_view kind = start.substr(12);
  return start.starts_with("RIFF") && start.substr(8, 4) == "WEBP" &&
         (kind == "VP8 " || kind == "VP8L" || kind == "VP8X");
}

#ifndef SLABRING_HAS_WEBP

bool webp_is_read() noexcept { return false; }

StoredHeader read_webp_header(std::span<const std::byte>, int) {
  throw SampleFailure(SampleStatus::unsupported, "this is a WebP image, and this build of slabring has no libwebp");
}

ImageView decode_webp(std::span<const std::byte>, const Rect&, ImageBuffer&) { return {}; }

#else

namespace {

[[noreturn]] void throw_failure(VP8StatusCode code) {
  switch (code) {
    case VP8_STATUS_OUT_OF_MEMORY: throw SampleFailure(SampleStatus::out_of_memory, "no memory to decode the WebP");
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      throw SampleFailure(SampleStatus::unsupported, "the WebP image has a feature that libwebp does not read");
    case VP8_STATUS_NOT_ENOUGH_DATA:
    case VP8_STATUS_SUSPENDED: throw SampleFailure(SampleStatus::truncated, "the WebP pixel data ends early");
    default: throw SampleFailure(SampleStatus::corrupt, "the WebP pixel data is damaged");
  }
}

/// Counts what the demuxer would make records of, which needs no memory. Whether the chunks are sound is its to say.
void check_chunks(std::span<const std::byte> file, int max_frames) {
  constexpr std::size_t file_header_bytes = 12, chunk_header_bytes = 8;
  ByteReader reader(file, ByteOrder::little, "WebP file");
  reader.skip(4);
  const std::uint64_t end = std::uint64_t{8} + reader.u32();  // what follows is not looked at
  reader.seek(file_header_bytes);
  int chunks = 0;
  while (reader.left() >= chunk_header_bytes && reader.position() < end) {
    reader.skip(4);
    const std::uint64_t size = reader.u32();
    if (++chunks > max_frames) {
      throw SampleFailure(SampleStatus::too_large,
                          fmt::format("the WebP file has more than {} frames and other chunks", max_frames));
    }
    reader.skip(std::min<std::uint64_t>(size + size % 2, reader.left()));
  }
}

/// The parts of a WebP file. libwebp's demuxer has the last word on which files are sound, since it has it in Pillow.
class WebpParts {
 public:
  explicit WebpParts(std::span<const std::byte> file) {
    const WebPData data{reinterpret_cast<const std::uint8_t*>(file.data()), file.size()};
    WebPDemuxState state = WEBP_DEMUX_PARSING_HEADER;
    demuxer_.reset(WebPDemuxPartial(&data, &state));
    if (state == WEBP_DEMUX_PARSING_HEADER || state == WEBP_DEMUX_PARSED_HEADER) {
      throw SampleFailure(SampleStatus::truncated, "the WebP file ends early");
    }
    if (!demuxer_ || WebPDemuxGetI(demuxer_.get(), WEBP_FF_FRAME_COUNT) == 0) {
      throw SampleFailure(SampleStatus::corrupt, "the parts of the WebP file contradict each other");
    }
  }

  std::uint32_t width() const noexcept { return WebPDemuxGetI(demuxer_.get(), WEBP_FF_CANVAS_WIDTH); }
  std::uint32_t height() const noexcept { return WebPDemuxGetI(demuxer_.get(), WEBP_FF_CANVAS_HEIGHT); }

  int orientation() const noexcept {
    WebPChunkIterator exif;
    if (WebPDemuxGetChunk(demuxer_.get(), "EXIF", 1, &exif) == 0) return 1;
    const auto bytes = std::as_bytes(std::span(exif.chunk.bytes, exif.chunk.size));
    WebPDemuxReleaseChunkIterator(&exif);  // the bytes are the file's
    return exif_orientation(bytes).value_or(1);
  }

  struct Frame {
    Rect rect;  ///< on the canvas
    std::span<const std::uint8_t> data;
  };

  Frame first_frame() const {
    WebPIterator iterator;
    if (WebPDemuxGetFrame(demuxer_.get(), 1, &iterator) == 0) throw_failure(VP8_STATUS_BITSTREAM_ERROR);
    const Frame frame{{iterator.x_offset, iterator.y_offset, iterator.width, iterator.height},
                      {iterator.fragment.bytes, iterator.fragment.size}};
    WebPDemuxReleaseIterator(&iterator);
    return frame;
  }

 private:
  struct Delete {
    void operator()(WebPDemuxer* demuxer) const noexcept { WebPDemuxDelete(demuxer); }
  };
  std::unique_ptr<WebPDemuxer, Delete> demuxer_;
};

/// Decodes `part` of a frame. Requires: `part` begins at even coordinates and has the shape of `rgb`.
void decode_part(std::span<const std::uint8_t> data, const Rect& part, const MutableImageView& rgb) {
  WebPDecoderConfig config;
  if (WebPInitDecoderConfig(&config) == 0) {
    throw SampleFailure(SampleStatus::unsupported, "libwebp is of another version than the one slabring was built for");
  }
  config.options.use_cropping = 1;
  config.options.crop_left = part.x;
  config.options.crop_top = part.y;
  config.options.crop_width = part.width;
  config.options.crop_height = part.height;
  config.output.colorspace = MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = rgb.data;
  config.output.u.RGBA.stride = static_cast<int>(rgb.stride);
  config.output.u.RGBA.size = static_cast<std::size_t>(rgb.stride) * static_cast<std::size_t>(rgb.height - 1) +
                              static_cast<std::size_t>(rgb.width) * 3;
  const VP8StatusCode code = WebPDecode(data.data(), data.size(), &config);
  WebPFreeDecBuffer(&config.output);
  if (code != VP8_STATUS_OK) throw_failure(code);
}

/// The region and as much more as makes its pixels equal to those of the whole image: colour is upsampled from
/// neighbours, which at the border of what is decoded are missing.
Rect with_margin(const Rect& region, const Rect& image) {
  constexpr int margin = 2;
  const auto first = [](int at) { return std::max(0, at - margin) / 2 * 2; };
  Rect wide{first(region.x), first(region.y), 0, 0};
  wide.width = std::min(region.right() + margin, image.width) - wide.x;
  wide.height = std::min(region.bottom() + margin, image.height) - wide.y;
  return wide;
}

ImageView part_of(const MutableImageView& pixels, int x, int y, const Rect& region) {
  return {pixels.row(y) + x * std::ptrdiff_t{3}, region.width, region.height, 3, pixels.stride};
}

/// An animation's first frame need not cover the canvas.
ImageView decode_canvas(const WebpParts& parts, const WebpParts::Frame& frame, const Rect& region,
                        ImageBuffer& buffer) {
  const MutableImageView canvas = buffer.rgb(static_cast<int>(parts.width()), static_cast<int>(parts.height()));
  std::fill_n(canvas.data, static_cast<std::size_t>(canvas.stride) * parts.height(), std::uint8_t{0});
  const Rect& rect = frame.rect;
  decode_part(frame.data, {0, 0, rect.width, rect.height},
              {canvas.row(rect.y) + rect.x * std::ptrdiff_t{3}, rect.width, rect.height, 3, canvas.stride});
  return part_of(canvas, region.x, region.y, region);
}

}  // namespace

bool webp_is_read() noexcept { return true; }

StoredHeader read_webp_header(std::span<const std::byte> file, int max_frames) {
  check_chunks(file, max_frames);
  const WebpParts parts(file);
  return {parts.width(), parts.height(), parts.orientation()};
}

ImageView decode_webp(std::span<const std::byte> file, const Rect& region, ImageBuffer& buffer) {
  const WebpParts parts(file);
  const WebpParts::Frame frame = parts.first_frame();
  const Rect whole{0, 0, static_cast<int>(parts.width()), static_cast<int>(parts.height())};
  if (frame.rect != whole) return decode_canvas(parts, frame, region, buffer);
  const Rect part = with_margin(region, whole);
  const MutableImageView pixels = buffer.rgb(part.width, part.height);
  decode_part(frame.data, part, pixels);
  return part_of(pixels, region.x - part.x, region.y - part.y, region);
}

#endif

}  // namespace slabring
