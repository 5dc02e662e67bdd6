#include "decode/gif_decoder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/rect.hpp"
#include "base/sample_failure.hpp"
#include "decode/byte_reader.hpp"
#include "decode/colour.hpp"
#include "decode/lzw.hpp"

namespace slabring {
namespace {

constexpr std::uint8_t has_palette_flag = 0x80;
constexpr std::uint8_t interlaced_flag = 0x40;

/// The first frame and what it is shown on.
struct GifFrame {
  int screen_width = 0;
  int screen_height = 0;
  Rect rect;  ///< on the screen
  bool interlaced = false;
  Palette palette = grey_palette();
  std::uint8_t uncovered_index = 0;  ///< what the screen shows where the frame is not
  int literal_bits = 0;
  std::size_t data = 0;  ///< where the sub-blocks begin

  std::size_t pixels() const noexcept {
    return static_cast<std::size_t>(rect.width) * static_cast<std::size_t>(rect.height);
  }
};

Palette read_palette(ByteReader& reader, std::uint8_t flags) {
  Palette palette = grey_palette();
  const std::size_t entries = std::size_t{2} << (flags & 7);
  for (std::size_t i = 0; i < entries; ++i) palette[i] = {reader.u8(), reader.u8(), reader.u8()};
  return palette;
}

void skip_sub_blocks(ByteReader& reader) {
  while (const std::uint8_t size = reader.u8()) reader.skip(size);
}

/// The one extension that changes pixels says which index is transparent.
void read_extension(ByteReader& reader, GifFrame& frame) {
  constexpr std::uint8_t graphic_control = 0xF9, transparent_flag = 1;
  if (reader.u8() == graphic_control) {
    const std::uint8_t size = reader.u8();
    if (size < 4) throw SampleFailure(SampleStatus::corrupt, "the GIF graphic control extension is too short");
    const std::span<const std::byte> control = reader.block(size);
    if ((sample(control[0]) & transparent_flag) != 0) frame.uncovered_index = sample(control[3]);
  }
  skip_sub_blocks(reader);
}

void read_image_descriptor(ByteReader& reader, GifFrame& frame) {
  frame.rect.x = reader.u16();
  frame.rect.y = reader.u16();
  frame.rect.width = reader.u16();
  frame.rect.height = reader.u16();
  if (frame.rect.width == 0 || frame.rect.height == 0) {
    throw SampleFailure(SampleStatus::corrupt, fmt::format("the first frame of the GIF has {}x{} pixels",
                                                           frame.rect.width, frame.rect.height));
  }
  frame.screen_width = std::max(frame.screen_width, frame.rect.right());
  frame.screen_height = std::max(frame.screen_height, frame.rect.bottom());
  const std::uint8_t flags = reader.u8();
  frame.interlaced = (flags & interlaced_flag) != 0;
  if ((flags & has_palette_flag) != 0) frame.palette = read_palette(reader, flags);
  frame.literal_bits = reader.u8();
  // The format has at least 2 even for two colours, and Pillow takes files with 1 for truncated.
  if (frame.literal_bits < 2 || frame.literal_bits > 8) {
    throw SampleFailure(SampleStatus::unsupported,
                        fmt::format("GIF pixels of {} bits are not read", frame.literal_bits));
  }
  frame.data = reader.position();
}

GifFrame parse(std::span<const std::byte> file) {
  ByteReader reader(file, ByteOrder::little, "GIF file");
  GifFrame frame;
  reader.skip(6);  // "GIF89a"
  frame.screen_width = reader.u16();
  frame.screen_height = reader.u16();
  const std::uint8_t flags = reader.u8();
  reader.skip(2);  // background, which Pillow does not show either; shape of the pixels
  if ((flags & has_palette_flag) != 0) frame.palette = read_palette(reader, flags);
  for (;;) {
    const std::uint8_t tag = reader.u8();
    if (tag == '!') read_extension(reader, frame);
    if (tag == ';') throw SampleFailure(SampleStatus::corrupt, "the GIF file has no frame");
    if (tag == ',') {
      read_image_descriptor(reader, frame);
      return frame;
    }
  }
}

std::vector<std::uint8_t> decode_indices(std::span<const std::byte> file, const GifFrame& frame) {
  std::vector<std::uint8_t> indices(frame.pixels());
  ByteReader reader(file, ByteOrder::little, "GIF pixel data");
  reader.seek(frame.data);
  LzwDecoder lzw(frame.literal_bits);
  while (const std::uint8_t size = reader.u8()) {
    const LzwDecoder::State state = lzw.decode(reader.block(size), indices);
    if (state == LzwDecoder::State::full) return indices;
    if (state == LzwDecoder::State::ended) break;
  }
  throw SampleFailure(SampleStatus::truncated,
                      fmt::format("the GIF pixel data ends after {} of {} pixels", lzw.written(), indices.size()));
}

/// Which row of the frame each stored row is. Interlaced frames store every 8th row, then those half way between, then
/// the rest in two steps.
std::vector<int> row_order(const GifFrame& frame) {
  std::vector<int> order;
  const auto add = [&](int first, int step) {
    for (int y = first; y < frame.rect.height; y += step) order.push_back(y);
  };
  if (!frame.interlaced) {
    add(0, 1);
    return order;
  }
  add(0, 8);
  add(4, 8);
  add(2, 4);
  add(1, 2);
  return order;
}

void fill(const MutableImageView& rgb, const Rgb& colour) {
  for (int y = 0; y < rgb.height; ++y) {
    for (int x = 0; x < rgb.width; ++x) std::ranges::copy(colour, rgb.row(y) + x * std::ptrdiff_t{3});
  }
}

}  // namespace

StoredHeader read_gif_header(std::span<const std::byte> file) {
  const GifFrame frame = parse(file);
  // A code has at least 2 bits and stands for at most 4096 pixels.
  constexpr std::size_t most_pixels_of_a_byte = std::size_t{4096} * 4;
  if (frame.pixels() / most_pixels_of_a_byte > file.size() - frame.data) {
    throw SampleFailure(SampleStatus::truncated, fmt::format("the GIF file of {} bytes cannot hold {}x{} pixels",
                                                             file.size(), frame.rect.width, frame.rect.height));
  }
  return {static_cast<std::uint32_t>(frame.screen_width), static_cast<std::uint32_t>(frame.screen_height), 1};
}

void decode_gif(std::span<const std::byte> file, const MutableImageView& rgb) {
  const GifFrame frame = parse(file);
  const std::vector<std::uint8_t> indices = decode_indices(file, frame);
  const std::vector<int> rows = row_order(frame);
  fill(rgb, frame.palette[frame.uncovered_index]);
  const std::uint8_t* index = indices.data();
  for (int row : rows) {
    std::uint8_t* out = rgb.row(frame.rect.y + row) + frame.rect.x * std::ptrdiff_t{3};
    for (int x = 0; x < frame.rect.width; ++x, out += 3) std::ranges::copy(frame.palette[*index++], out);
  }
}

}  // namespace slabring
