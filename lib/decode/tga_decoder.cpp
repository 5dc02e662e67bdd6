#include "decode/tga_decoder.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/sample_failure.hpp"
#include "decode/byte_reader.hpp"
#include "decode/colour.hpp"

namespace slabring {
namespace {

constexpr std::size_t header_bytes = 18;

enum class Kind : std::uint8_t { palette = 1, colour = 2, grey = 3 };  // the low bits of the image type

struct TgaHeader {
  std::uint8_t id_bytes = 0;
  bool has_palette = false;
  Kind kind{};
  bool run_lengths = false;
  std::uint16_t palette_first = 0;
  std::uint16_t palette_entries = 0;
  std::uint8_t palette_bits = 0;
  std::uint16_t width = 0;
  std::uint16_t height = 0;
  std::uint8_t bits = 0;
  bool top_down = false;
  bool right_to_left = false;

  std::size_t pixel_bytes() const noexcept { return bits / std::size_t{8}; }
  std::size_t row_bytes() const noexcept { return width * pixel_bytes(); }
  std::size_t palette_bytes() const noexcept { return palette_entries * (palette_bits / std::size_t{8}); }
};

TgaHeader parse(std::span<const std::byte> file) {
  ByteReader reader(file, ByteOrder::little, "TGA header");
  TgaHeader header;
  header.id_bytes = reader.u8();
  header.has_palette = reader.u8() == 1;
  const std::uint8_t type = reader.u8();
  header.kind = static_cast<Kind>(type & 7);
  header.run_lengths = (type & 8) != 0;
  header.palette_first = reader.u16();
  header.palette_entries = reader.u16();
  header.palette_bits = reader.u8();
  reader.skip(4);  // where on the screen the image belonged
  header.width = reader.u16();
  header.height = reader.u16();
  header.bits = reader.u8();
  const std::uint8_t descriptor = reader.u8();
  header.right_to_left = (descriptor & 0x10) != 0;
  header.top_down = (descriptor & 0x20) != 0;
  return header;
}

bool is_read(const TgaHeader& header) noexcept {
  switch (header.kind) {
    case Kind::palette:
      return header.has_palette && header.bits == 8 && header.palette_entries > 0 &&
             header.palette_first + header.palette_entries <= 256 &&
             (header.palette_bits == 16 || header.palette_bits == 24);
    case Kind::colour: return !header.has_palette && (header.bits == 16 || header.bits == 24 || header.bits == 32);
    case Kind::grey: return !header.has_palette && (header.bits == 8 || header.bits == 16);
  }
  return false;
}

/// The bytes after identification and palette.
std::span<const std::byte> pixel_data(std::span<const std::byte> file, const TgaHeader& header) {
  ByteReader reader(file, ByteOrder::little, "TGA file");
  reader.skip(header_bytes + header.id_bytes);
  if (header.has_palette) reader.skip(header.palette_bytes());
  return reader.block(reader.left());
}

Palette read_palette(std::span<const std::byte> file, const TgaHeader& header) {
  Palette palette = grey_palette();
  std::fill_n(palette.begin(), header.palette_first, Rgb{});  // entries before the first one are black
  const std::size_t entry_bytes = header.palette_bits / std::size_t{8};
  const std::byte* entry = file.data() + header_bytes + header.id_bytes;
  for (std::size_t i = 0; i < header.palette_entries; ++i, entry += entry_bytes) {
    palette[header.palette_first + i] = entry_bytes == 2 ? rgb_of_555(entry) : rgb_of_bgr(entry);
  }
  return palette;
}

Rgb colour_of(const std::byte* pixel, const TgaHeader& header, const Palette& palette) {
  switch (header.kind) {
    case Kind::palette: return palette[sample(*pixel)];
    case Kind::grey: return {sample(*pixel), sample(*pixel), sample(*pixel)};
    case Kind::colour: break;
  }
  return header.bits == 16 ? rgb_of_555(pixel) : rgb_of_bgr(pixel);
}

/// Delivers the pixels one by one in the file's order. A file without run lengths is one long packet.
class PixelStream {
 public:
  PixelStream(std::span<const std::byte> data, const TgaHeader& header)
      : reader_(data, ByteOrder::little, "TGA pixel data"), header_(header) {
    if (!header.run_lengths) start_packet(std::size_t{header.width} * header.height, false);
  }

  /// The pixel that stands `x` pixels from the beginning of its row.
  const std::byte* next(int x) {
    if (left_in_packet_ == 0) read_packet_header(x);
    --left_in_packet_;
    const std::byte* pixel = pixel_;
    pixel_ += step_;
    return pixel;
  }

 private:
  void read_packet_header(int x) {
    const std::uint8_t packet = reader_.u8();
    const int pixels = (packet & 0x7F) + 1;
    const bool repeats = (packet & 0x80) != 0;
    // The format forbids it for all packets, Pillow for these.
    if (repeats && x + pixels > header_.width) {
      throw SampleFailure(SampleStatus::corrupt, "a run of the TGA pixel data goes beyond the end of its row");
    }
    start_packet(static_cast<std::size_t>(pixels), repeats);
  }

  void start_packet(std::size_t pixels, bool repeats) {
    left_in_packet_ = pixels;
    step_ = repeats ? 0 : header_.pixel_bytes();
    pixel_ = reader_.block(repeats ? header_.pixel_bytes() : pixels * header_.pixel_bytes()).data();
  }

  ByteReader reader_;
  const TgaHeader& header_;
  std::size_t left_in_packet_ = 0;
  std::size_t step_ = 0;
  const std::byte* pixel_ = nullptr;
};

}  // namespace

bool looks_like_tga(std::span<const std::byte> file) noexcept {
  if (file.size() < header_bytes) return false;
  const auto value = [&](std::size_t at) { return sample(file[at]); };
  const TgaHeader header = parse(file);
  const std::uint8_t type = value(2), alpha_bits = value(17) & 0x0F, interleaving = value(17) & 0xC0;
  const bool palette_fields_unused = header.palette_first == 0 && header.palette_entries == 0;
  return value(1) <= 1 && ((type >= 1 && type <= 3) || (type >= 9 && type <= 11)) &&
         header.has_palette == (header.kind == Kind::palette) && (header.has_palette || palette_fields_unused) &&
         header.width > 0 && header.height > 0 && header.bits >= 8 && header.bits <= 32 && header.bits % 8 == 0 &&
         alpha_bits <= 8 && interleaving == 0;
}

StoredHeader read_tga_header(std::span<const std::byte> file) {
  const TgaHeader header = parse(file);
  if (!is_read(header)) {
    throw SampleFailure(
        SampleStatus::unsupported,
        fmt::format("TGA of image type {} with {} bits a pixel and a palette of {} x {} bits is not read",
                    static_cast<int>(header.kind), header.bits, header.palette_entries, header.palette_bits));
  }
  // A run packet makes at most 128 pixels of one; everything else takes its place in the file.
  const std::size_t least = header.run_lengths
                                ? (std::size_t{header.width} * header.height + 127) / 128 * (1 + header.pixel_bytes())
                                : header.row_bytes() * header.height;
  const std::size_t there = pixel_data(file, header).size();
  if (there < least) {
    throw SampleFailure(SampleStatus::truncated,
                        fmt::format("the TGA file has {} bytes of pixels, where {}x{} need at least {}", there,
                                    header.width, header.height, least));
  }
  return {header.width, header.height, 1};
}

void decode_tga(std::span<const std::byte> file, const MutableImageView& rgb) {
  const TgaHeader header = parse(file);
  const Palette palette = header.has_palette ? read_palette(file, header) : grey_palette();
  PixelStream pixels(pixel_data(file, header), header);
  for (int row = 0; row < rgb.height; ++row) {
    std::uint8_t* out = rgb.row(header.top_down ? row : rgb.height - 1 - row);
    for (int x = 0; x < rgb.width; ++x) {
      const Rgb colour = colour_of(pixels.next(x), header, palette);
      std::ranges::copy(colour, out + (header.right_to_left ? rgb.width - 1 - x : x) * std::ptrdiff_t{3});
    }
  }
}

}  // namespace slabring
