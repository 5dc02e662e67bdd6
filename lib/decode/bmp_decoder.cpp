#include "decode/bmp_decoder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/sample_failure.hpp"
#include "decode/byte_reader.hpp"
#include "decode/colour.hpp"

namespace slabring {
namespace {

constexpr std::uint32_t file_header_bytes = 14;

enum class Compression : std::uint32_t { none = 0, run_lengths_8 = 1, run_lengths_4 = 2, bit_fields = 3 };

struct BmpHeader {
  std::uint32_t header_bytes = 0;
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  bool top_down = false;
  std::uint16_t bits = 0;
  Compression compression = Compression::none;
  std::uint32_t colours = 0;             ///< entries of the palette
  std::array<std::uint32_t, 4> masks{};  ///< bits of red, green, blue and alpha; only with bit_fields
  std::uint64_t palette = 0;             ///< where it begins
  std::uint64_t pixels = 0;              ///< where they begin

  bool has_palette() const noexcept { return bits <= 8; }
  std::uint64_t palette_entry_bytes() const noexcept { return header_bytes == 12 ? 3 : 4; }
  std::uint64_t row_bytes() const noexcept { return (std::uint64_t{width} * bits + 7) / 8; }
  std::uint64_t stride() const noexcept { return (row_bytes() + 3) / 4 * 4; }
};

[[noreturn]] void refuse(const std::string& what) {
  throw SampleFailure(SampleStatus::unsupported, fmt::format("BMP with {} is not read", what));
}

void parse_os2_fields(ByteReader& reader, BmpHeader& header) {
  header.width = reader.u16();
  header.height = reader.u16();
  reader.skip(2);  // planes
  header.bits = reader.u16();
}

void parse_windows_fields(ByteReader& reader, BmpHeader& header) {
  header.width = reader.u32();
  header.height = reader.u32();
  // A negative height: the top row comes first. Pillow looks at the highest byte only.
  header.top_down = header.height >> 24 == 0xFF;
  if (header.top_down) header.height = 0 - header.height;
  reader.skip(2);  // planes
  header.bits = reader.u16();
  header.compression = static_cast<Compression>(reader.u32());
  reader.skip(12);  // bytes of pixels, pixels per metre in x and in y
  header.colours = reader.u32();
  reader.skip(4);  // how many of them are important
  if (header.compression != Compression::bit_fields) return;
  // Behind a header of 40 bytes, inside a larger one, which also has a mask of alpha.
  const int masks = header.header_bytes == 40 ? 3 : 4;
  for (int i = 0; i < masks; ++i) header.masks[static_cast<std::size_t>(i)] = reader.u32();
}

BmpHeader parse(std::span<const std::byte> file) {
  ByteReader reader(file, ByteOrder::little, "BMP header");
  BmpHeader header;
  reader.skip(10);  // "BM", file size, reserved
  header.pixels = reader.u32();
  header.header_bytes = reader.u32();
  switch (header.header_bytes) {
    case 12: parse_os2_fields(reader, header); break;
    case 40:
    case 64:
    case 108:
    case 124: parse_windows_fields(reader, header); break;
    default: refuse(fmt::format("a header of {} bytes", header.header_bytes));
  }
  const bool masks_follow = header.header_bytes == 40 && header.compression == Compression::bit_fields;
  header.palette = file_header_bytes + header.header_bytes + (masks_follow ? 12 : 0);
  if (header.has_palette() && header.colours == 0) header.colours = 1u << header.bits;
  const std::uint64_t after_palette =
      header.palette + (header.has_palette() ? header.palette_entry_bytes() * header.colours : 0);
  if (header.pixels == 0) header.pixels = after_palette;
  // Some programs forgot the palette when they counted.
  if (header.has_palette() && header.pixels == file_header_bytes + header.header_bytes) {
    header.pixels += 4 * std::uint64_t{header.colours};
  }
  return header;
}

/// The place of red, green and blue in the bytes of a pixel of 24 or 32 bits.
using ChannelOrder = std::array<std::size_t, 3>;

/// The bit masks that Pillow knows; nullptr for others.
const ChannelOrder* channel_order(const BmpHeader& header) {
  static constexpr ChannelOrder bgr = {2, 1, 0}, xbgr = {3, 2, 1}, rgba = {0, 1, 2};
  if (header.compression == Compression::none) return &bgr;
  const auto [red, green, blue, alpha] = header.masks;
  if (red == 0xFF0000 && green == 0xFF00 && blue == 0xFF && (header.bits == 24 || alpha == 0 || alpha == 0xFF000000)) {
    return &bgr;
  }
  if (header.bits != 32) return nullptr;
  if (red == 0xFF000000 && green == 0xFF0000 && blue == 0xFF00 && (alpha == 0 || alpha == 0xFF)) return &xbgr;
  if (red == 0xFF && green == 0xFF00 && blue == 0xFF0000 && alpha == 0xFF000000) return &rgba;
  if (red == 0 && green == 0 && blue == 0 && alpha == 0) return &bgr;
  return nullptr;
}

bool is_565(const BmpHeader& header) { return header.masks[0] == 0xF800; }

void check_16_bit_masks(const BmpHeader& header) {
  if (header.compression == Compression::none) return;
  const auto [red, green, blue, alpha] = header.masks;
  const bool as_565 = red == 0xF800 && green == 0x7E0 && blue == 0x1F;
  const bool as_555 = red == 0x7C00 && green == 0x3E0 && blue == 0x1F;
  if (!as_565 && !as_555) refuse(fmt::format("the bit masks {:#x}, {:#x}, {:#x} of 16-bit pixels", red, green, blue));
}

Palette read_palette(std::span<const std::byte> file, const BmpHeader& header) {
  Palette palette = grey_palette();
  ByteReader reader(file, ByteOrder::little, "BMP palette");
  reader.seek(header.palette);
  for (std::uint32_t i = 0; i < header.colours; ++i) {
    palette[i] = rgb_of_bgr(reader.block(header.palette_entry_bytes()).data());
  }
  return palette;
}

/// A palette of black and white or of all greys makes Pillow read the pixels as if they had 1 or 8 bits, whatever they
/// do have.
void check_palette(const Palette& palette, const BmpHeader& header) {
  bool grey = true;
  for (std::uint32_t i = 0; i < header.colours; ++i) {
    const auto level = static_cast<std::uint8_t>(header.colours == 2 ? i * 255 : i);
    grey = grey && palette[i] == Rgb{level, level, level};
  }
  const int read_as = header.colours == 2 ? 1 : 8;
  if (grey && read_as != header.bits) {
    refuse(fmt::format("{} greys in a palette for {} bits", header.colours, header.bits));
  }
}

void check_kind(std::span<const std::byte> file, const BmpHeader& header) {
  if (header.compression != Compression::none && header.compression != Compression::bit_fields) {
    refuse(fmt::format("compression {}", static_cast<std::uint32_t>(header.compression)));
  }
  switch (header.bits) {
    case 1:
    case 4:
    case 8:
      if (header.compression != Compression::none) refuse("bit masks and a palette");
      if (header.colours > 256) refuse(fmt::format("a palette of {} colours", header.colours));
      check_palette(read_palette(file, header), header);
      break;
    case 16: check_16_bit_masks(header); break;
    case 24:
    case 32:
      if (channel_order(header) == nullptr) refuse("unusual bit masks");
      break;
    default: refuse(fmt::format("{} bits a pixel", header.bits));
  }
}

void decode_row(const std::byte* row, const BmpHeader& header, const Palette& palette, int width, std::uint8_t* out) {
  const ChannelOrder order = header.bits >= 24 ? *channel_order(header) : ChannelOrder{};
  for (int x = 0; x < width; ++x, out += 3) {
    const std::size_t bit = static_cast<std::size_t>(x) * header.bits;
    const std::byte* pixel = row + bit / 8;
    Rgb colour{};
    if (header.has_palette()) {
      const std::size_t shift = 8 - header.bits - bit % 8;
      colour = palette[sample(*pixel) >> shift & ((1u << header.bits) - 1)];
    } else if (header.bits == 16) {
      colour = is_565(header) ? rgb_of_565(pixel) : rgb_of_555(pixel);
    } else {
      colour = {sample(pixel[order[0]]), sample(pixel[order[1]]), sample(pixel[order[2]])};
    }
    std::ranges::copy(colour, out);
  }
}

}  // namespace

StoredHeader read_bmp_header(std::span<const std::byte> file) {
  const BmpHeader header = parse(file);
  check_kind(file, header);
  if (header.width == 0 || header.height == 0) {
    throw SampleFailure(SampleStatus::corrupt,
                        fmt::format("a BMP image of {}x{} pixels cannot be", header.width, header.height));
  }
  const std::uint64_t there = file.size() - std::min<std::uint64_t>(file.size(), header.pixels);
  // The last row needs no padding. By division: the product of hostile sizes may not fit.
  if (there < header.row_bytes() || (there - header.row_bytes()) / header.stride() < header.height - 1) {
    throw SampleFailure(SampleStatus::truncated,
                        fmt::format("the BMP file has {} bytes of pixels, where {}x{} need rows of {}", there,
                                    header.width, header.height, header.stride()));
  }
  return {header.width, header.height, 1};
}

void decode_bmp(std::span<const std::byte> file, const MutableImageView& rgb) {
  const BmpHeader header = parse(file);
  const Palette palette = header.has_palette() ? read_palette(file, header) : grey_palette();
  const std::byte* row = file.data() + header.pixels;
  for (int y = 0; y < rgb.height; ++y, row += header.stride()) {
    decode_row(row, header, palette, rgb.width, rgb.row(header.top_down ? y : rgb.height - 1 - y));
  }
}

}  // namespace slabring
