#include "decode/pnm_decoder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

#include "base/sample_failure.hpp"
#include "decode/byte_reader.hpp"

namespace slabring {
namespace {

struct PnmHeader {
  bool colour = false;
  std::uint64_t width = 0;
  std::uint64_t height = 0;
  unsigned maximum = 0;  ///< the sample value that means white
  std::size_t data = 0;  ///< where the pixels begin

  std::uint64_t channels() const noexcept { return colour ? 3 : 1; }
  std::uint64_t sample_bytes() const noexcept { return maximum < 256 ? 1 : 2; }
};

bool is_space(char c) { return std::string_view(" \t\n\v\f\r").find(c) != std::string_view::npos; }

/// The next number of the header, and the one whitespace after it. A comment runs from # to the end of its line.
std::uint64_t read_number(ByteReader& reader) {
  constexpr int most_digits = 10;
  std::uint64_t number = 0;
  int digits = 0;
  for (;;) {
    const char c = static_cast<char>(reader.u8());
    if (c == '#') {
      for (char skipped = c; skipped != '\n' && skipped != '\r';) skipped = static_cast<char>(reader.u8());
    } else if (is_space(c)) {
      if (digits > 0) return number;
    } else if (c >= '0' && c <= '9' && digits < most_digits) {
      number = number * 10 + static_cast<std::uint64_t>(c - '0');
      ++digits;
    } else {
      throw SampleFailure(SampleStatus::corrupt,
                          fmt::format("byte {} of the PNM header is no part of a number of at most {} digits",
                                      reader.position() - 1, most_digits));
    }
  }
}

PnmHeader parse(std::span<const std::byte> file) {
  ByteReader reader(file, ByteOrder::big, "PNM header");
  reader.skip(1);  // 'P'
  const char kind = static_cast<char>(reader.u8());
  if (kind != '5' && kind != '6') {
    throw SampleFailure(SampleStatus::unsupported, fmt::format("PNM of type P{} is not read, only P5 and P6", kind));
  }
  PnmHeader header;
  header.colour = kind == '6';
  header.width = read_number(reader);
  header.height = read_number(reader);
  const std::uint64_t maximum = read_number(reader);
  if (header.width == 0 || header.height == 0 || header.width > UINT32_MAX || header.height > UINT32_MAX ||
      maximum == 0 || maximum > 65535) {
    throw SampleFailure(SampleStatus::corrupt, fmt::format("a PNM image of {}x{} pixels with a maximum of {} cannot be",
                                                           header.width, header.height, maximum));
  }
  header.maximum = static_cast<unsigned>(maximum);
  header.data = reader.position();
  return header;
}

/// For 16 bits; on the stack. For 8 bits the first 256.
using SampleTable = std::array<std::uint8_t, 65536>;

/// What each sample value of the file becomes. Pillow scales to 8 bits, but grey of more than 8 bits to 16, which its
/// convert("RGB") then clips instead of scaling.
SampleTable sample_table(const PnmHeader& header) {
  const bool clips = !header.colour && header.maximum > 255;
  const double white = clips ? 65535 : 255;
  const std::size_t values = header.sample_bytes() == 1 ? 256 : 65536;
  SampleTable table;
  for (std::size_t value = 0; value < values; ++value) {
    // In this order of operations, and halves to the even number: Python's round().
    const double scaled = std::nearbyint(static_cast<double>(value) / header.maximum * white);
    table[value] = static_cast<std::uint8_t>(std::min(scaled, 255.0));
  }
  return table;
}

}  // namespace

StoredHeader read_pnm_header(std::span<const std::byte> file) {
  const PnmHeader header = parse(file);
  const std::uint64_t pixel_bytes = header.channels() * header.sample_bytes();
  const std::uint64_t there = file.size() - header.data;
  // By division: the product of hostile sizes may not fit.
  if (there / header.width / pixel_bytes < header.height) {
    throw SampleFailure(SampleStatus::truncated,
                        fmt::format("the PNM file has {} bytes of pixels, where {}x{} need {} each", there,
                                    header.width, header.height, pixel_bytes));
  }
  return {static_cast<std::uint32_t>(header.width), static_cast<std::uint32_t>(header.height), 1};
}

void decode_pnm(std::span<const std::byte> file, const MutableImageView& rgb) {
  const PnmHeader header = parse(file);
  const SampleTable table = sample_table(header);
  ByteReader reader(file.subspan(header.data), ByteOrder::big, "PNM pixel data");
  const auto next = [&] { return table[header.sample_bytes() == 1 ? reader.u8() : reader.u16()]; };
  for (int y = 0; y < rgb.height; ++y) {
    std::uint8_t* out = rgb.row(y);
    for (int x = 0; x < rgb.width; ++x, out += 3) {
      out[0] = next();
      out[1] = header.colour ? next() : out[0];
      out[2] = header.colour ? next() : out[0];
    }
  }
}

}  // namespace slabring
