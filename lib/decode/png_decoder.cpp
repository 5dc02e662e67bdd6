#include "decode/png_decoder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "base/sample_failure.hpp"
#include "decode/byte_reader.hpp"
#include "decode/colour.hpp"
#include "decode/crc32.hpp"
#include "decode/png_orientation.hpp"
#include "decode/stb_png.hpp"

namespace slabring {
namespace {

constexpr std::size_t signature_bytes = 8;

enum class ColourType : std::uint8_t { grey = 0, rgb = 2, palette = 3, grey_alpha = 4, rgba = 6 };

/// Everything that a PNG file says and that matters to the pixels.
struct PngFile {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  std::uint8_t depth = 0;
  ColourType colour{};
  std::span<const std::byte> header;  ///< the data of IHDR
  Palette palette = grey_palette();
  std::vector<std::span<const std::byte>> pixel_parts;  ///< the data of every IDAT
  PngOrientation orientation;

  std::uint64_t channels() const noexcept {
    switch (colour) {
      case ColourType::rgb: return 3;
      case ColourType::grey_alpha: return 2;
      case ColourType::rgba: return 4;
      default: return 1;
    }
  }
  /// Of a row with its filter byte; the rows of interlaced images have a few more together.
  std::uint64_t inflated_row_bytes() const noexcept { return (width * channels() * depth + 7) / 8 + 1; }
  std::uint64_t deflated_bytes() const noexcept {
    std::uint64_t sum = 0;
    for (const auto& part : pixel_parts) sum += part.size();
    return sum;
  }
};

struct Chunk {
  std::string_view type;
  std::span<const std::byte> data;
  std::span<const std::byte> checked;  ///< type and data
  std::uint32_t checksum = 0;
};

Chunk read_chunk(ByteReader& reader) {
  const std::uint32_t size = reader.u32();
  Chunk chunk;
  chunk.checked = reader.block(std::uint64_t{size} + 4);
  chunk.data = chunk.checked.subspan(4);
  chunk.type = {reinterpret_cast<const char*>(chunk.checked.data()), 4};
  chunk.checksum = reader.u32();
  return chunk;
}

[[noreturn]] void refuse(const std::string& message) { throw SampleFailure(SampleStatus::corrupt, message); }

bool is_possible(ColourType colour, std::uint8_t depth) {
  const bool whole_bytes = depth == 8 || depth == 16;
  switch (colour) {
    case ColourType::grey: return whole_bytes || depth == 1 || depth == 2 || depth == 4;
    case ColourType::palette: return depth == 1 || depth == 2 || depth == 4 || depth == 8;
    case ColourType::rgb:
    case ColourType::grey_alpha:
    case ColourType::rgba: return whole_bytes;
  }
  return false;
}

void read_image_header(const Chunk& chunk, PngFile& png) {
  if (chunk.type != "IHDR") refuse("the PNG file does not begin with an IHDR chunk");
  if (chunk.data.size() != 13) refuse(fmt::format("the IHDR chunk of the PNG has {} bytes", chunk.data.size()));
  ByteReader reader(chunk.data, ByteOrder::big, "IHDR chunk");
  png.header = chunk.data;
  png.width = reader.u32();
  png.height = reader.u32();
  png.depth = reader.u8();
  png.colour = static_cast<ColourType>(reader.u8());
  const std::uint8_t compression = reader.u8(), filter = reader.u8(), interlace = reader.u8();
  if (png.width == 0 || png.height == 0 || compression != 0 || filter != 0 || interlace > 1 ||
      !is_possible(png.colour, png.depth)) {
    refuse(fmt::format(
        "a PNG of {}x{} pixels, colour type {}, depth {}, compression {}, filter {}, interlace {} cannot be", png.width,
        png.height, static_cast<int>(png.colour), png.depth, compression, filter, interlace));
  }
}

void read_palette(const Chunk& chunk, PngFile& png) {
  const std::size_t entries = chunk.data.size() / 3;
  if (chunk.data.size() % 3 != 0 || entries > png.palette.size()) {
    refuse(fmt::format("the PNG palette has {} bytes", chunk.data.size()));
  }
  png.palette = grey_palette();
  for (std::size_t i = 0; i < entries; ++i) {
    for (std::size_t c = 0; c < 3; ++c) png.palette[i][c] = sample(chunk.data[i * 3 + c]);
  }
}

/// An APNG's first frame may be smaller than the image, and then Pillow shows it instead.
void check_first_frame(const Chunk& chunk, const PngFile& png) {
  ByteReader reader(chunk.data, ByteOrder::big, "fcTL chunk");
  reader.skip(4);  // sequence number
  const std::uint32_t width = reader.u32(), height = reader.u32();
  if (width != png.width || height != png.height) {
    throw SampleFailure(SampleStatus::unsupported,
                        fmt::format("an animated PNG of {}x{} pixels that begins with a frame of {}x{} is not read",
                                    png.width, png.height, width, height));
  }
}

/// Reads all chunks up to IEND. The order is checked where stb_image and Pillow would understand a wrong one
/// differently.
class ChunkWalk {
 public:
  ChunkWalk(std::span<const std::byte> file, bool verify_checksums)
      : reader_(file, ByteOrder::big, "PNG file"), verify_checksums_(verify_checksums) {
    reader_.skip(signature_bytes);
  }

  PngFile read() {
    read_image_header(next(), png_);
    for (Chunk chunk = next(); chunk.type != "IEND"; chunk = next()) take(chunk);
    if (png_.pixel_parts.empty()) refuse("the PNG file has no IDAT chunk");
    return std::move(png_);
  }

 private:
  Chunk next() {
    const Chunk chunk = read_chunk(reader_);
    // Pillow does not look at those after the pixels.
    const bool verified = verify_checksums_ && (png_.pixel_parts.empty() || chunk.type == "IDAT");
    if (verified && crc32(chunk.checked) != chunk.checksum) {
      refuse(fmt::format("the checksum of the PNG's {} chunk is wrong", chunk.type));
    }
    return chunk;
  }

  void take(const Chunk& chunk) {
    const bool pixels_began = !png_.pixel_parts.empty();
    if (chunk.type == "IDAT") {
      if (pixels_ended_) refuse("the IDAT chunks of the PNG do not follow each other");
      png_.pixel_parts.push_back(chunk.data);
      return;
    }
    pixels_ended_ = pixels_began;
    if (chunk.type == "PLTE" && pixels_began) refuse("the PNG palette follows the pixels");
    if (chunk.type == "PLTE") read_palette(chunk, png_);
    if (chunk.type == "IHDR") refuse("the PNG file has two IHDR chunks");
    if (chunk.type == "fcTL" && !pixels_began) check_first_frame(chunk, png_);
    png_.orientation.take(chunk.type, chunk.data, pixels_began);
  }

  ByteReader reader_;
  bool verify_checksums_;
  bool pixels_ended_ = false;
  PngFile png_;
};

void append(std::vector<std::byte>& bytes, std::span<const std::byte> more) {
  bytes.insert(bytes.end(), more.begin(), more.end());
}

void append_u32(std::vector<std::byte>& bytes, std::uint64_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<std::byte>(value >> shift & 0xFF));
}

void append_chunk_start(std::vector<std::byte>& bytes, std::uint64_t size, std::string_view type) {
  append_u32(bytes, size);
  append(bytes, std::as_bytes(std::span(type)));
}

/// IHDR, one IDAT and IEND. A palette image is passed off as grey, so that the indices come back: a pixel may mean a
/// colour that the palette leaves out, for which stb_image would deliver uninitialised memory.
std::vector<std::byte> minimal_png(std::span<const std::byte> file, const PngFile& png) {
  constexpr std::size_t colour_type_at = 9, overhead = signature_bytes + std::size_t{3} * 12 + 13;
  constexpr std::uint32_t no_checksum = 0;  // stb_image does not look at it
  std::vector<std::byte> bytes;
  bytes.reserve(static_cast<std::size_t>(png.deflated_bytes()) + overhead);
  append(bytes, file.first(signature_bytes));
  append_chunk_start(bytes, png.header.size(), "IHDR");
  append(bytes, png.header);
  if (png.colour == ColourType::palette) *(bytes.end() - 13 + colour_type_at) = std::byte{0};
  append_u32(bytes, no_checksum);
  append_chunk_start(bytes, png.deflated_bytes(), "IDAT");
  for (const auto& part : png.pixel_parts) append(bytes, part);
  append_u32(bytes, no_checksum);
  append_chunk_start(bytes, 0, "IEND");
  append_u32(bytes, no_checksum);
  return bytes;
}

/// stb_image keeps the deflated, the inflated and the decoded pixels, and doubles the second when it guessed too low.
std::size_t allocation_limit(const PngFile& png) {
  constexpr std::uint64_t slack = 1 << 16;
  const std::uint64_t inflated = png.inflated_row_bytes() * png.height;
  const std::uint64_t decoded = std::uint64_t{png.width} * png.height * png.channels() * (png.depth == 16 ? 2 : 1);
  return static_cast<std::size_t>(2 * std::max({png.deflated_bytes(), inflated, decoded}) + slack);
}

template <class Sample, class To8>
void write_rgb(const Sample* from, int channels, const MutableImageView& rgb, To8 to8) {
  const int green = channels < 3 ? 0 : 1, blue = channels < 3 ? 0 : 2;
  for (int y = 0; y < rgb.height; ++y) {
    std::uint8_t* out = rgb.row(y);
    for (int x = 0; x < rgb.width; ++x, from += channels, out += 3) {
      out[0] = to8(from[0]);
      out[1] = to8(from[green]);
      out[2] = to8(from[blue]);
    }
  }
}

void write_palette_colours(const StbPixels& pixels, const PngFile& png, const MutableImageView& rgb) {
  // stb_image scales grey of fewer bits up to 255, and the indices with it.
  const int scale = 255 / ((1 << png.depth) - 1);
  const std::uint8_t* index = pixels.bytes();
  for (int y = 0; y < rgb.height; ++y) {
    std::uint8_t* out = rgb.row(y);
    for (int x = 0; x < rgb.width; ++x, out += 3) {
      std::ranges::copy(png.palette[static_cast<std::size_t>(*index++ / scale)], out);
    }
  }
}

}  // namespace

StoredHeader read_png_header(std::span<const std::byte> file) {
  const PngFile png = ChunkWalk(file, false).read();
  // Deflate makes at most 1032 bytes of one. By division: the product of hostile sizes may not fit.
  if (png.deflated_bytes() * 1032 / png.height < png.inflated_row_bytes() - 1) {
    throw SampleFailure(SampleStatus::truncated,
                        fmt::format("the PNG has {} bytes of compressed pixels, too few for {}x{} pixels",
                                    png.deflated_bytes(), png.width, png.height));
  }
  return {png.width, png.height, png.orientation.value()};
}

void decode_png(std::span<const std::byte> file, const MutableImageView& rgb) {
  const PngFile png = ChunkWalk(file, true).read();
  const bool wide = png.depth == 16;
  const StbPixels pixels = stb_decode_png(minimal_png(file, png), wide, allocation_limit(png));
  if (png.colour == ColourType::palette) {
    write_palette_colours(pixels, png, rgb);
  } else if (wide && png.colour == ColourType::grey) {
    write_rgb(pixels.words(), pixels.channels, rgb,
              [](std::uint16_t value) { return static_cast<std::uint8_t>(std::min<int>(value, 255)); });
  } else if (wide) {
    write_rgb(pixels.words(), pixels.channels, rgb,
              [](std::uint16_t value) { return static_cast<std::uint8_t>(value >> 8); });
  } else {
    write_rgb(pixels.bytes(), pixels.channels, rgb, [](std::uint8_t value) { return value; });
  }
}

}  // namespace slabring
