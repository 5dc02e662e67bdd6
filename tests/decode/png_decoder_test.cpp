// What pillow_test does not compare: limits, damage and the status of each refusal.
#include "decode/png_decoder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <string_view>

#include "decode/crc32.hpp"
#include "support/decode_image.hpp"
#include "support/encode_image.hpp"

namespace slabring {
namespace {

using test::Bytes;
using test::bytes_of;
using test::decode_all;
using test::failure_of;
using testing::HasSubstr;

void append(Bytes& bytes, const Bytes& more) { bytes.insert(bytes.end(), more.begin(), more.end()); }

Bytes big_endian(std::uint32_t value) {
  Bytes bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<std::byte>(value >> shift));
  return bytes;
}

Bytes chunk(std::string_view type, const Bytes& data) {
  Bytes checked = bytes_of(type);
  append(checked, data);
  Bytes bytes = big_endian(static_cast<std::uint32_t>(data.size()));
  append(bytes, checked);
  append(bytes, big_endian(crc32(checked)));
  return bytes;
}

Bytes image_header(std::uint32_t width, std::uint32_t height, int depth, int colour) {
  Bytes data = big_endian(width);
  append(data, big_endian(height));
  for (int value : {depth, colour, 0, 0, 0}) data.push_back(static_cast<std::byte>(value));
  return chunk("IHDR", data);
}

/// A zlib stream of stored blocks. stb_image and png_decoder do not look at its checksum; the chunks have their own.
Bytes stored(const Bytes& data) {
  Bytes stream = bytes_of("\x78\x01");
  constexpr std::size_t most = 65535;
  for (std::size_t at = 0; at < data.size(); at += most) {
    const std::size_t size = std::min(most, data.size() - at);
    const int low = static_cast<int>(size & 255), high = static_cast<int>(size >> 8);
    for (int value : {at + size == data.size() ? 1 : 0, low, high, 255 - low, 255 - high}) {
      stream.push_back(static_cast<std::byte>(value));
    }
    stream.insert(stream.end(), data.begin() + static_cast<std::ptrdiff_t>(at),
                  data.begin() + static_cast<std::ptrdiff_t>(at + size));
  }
  append(stream, Bytes(4));
  return stream;
}

/// A zlib stream of at least `count` zeros: one literal, then copies of 258 bytes from one byte back.
Bytes deflated_zeros(int count) {
  Bytes stream = bytes_of("\x78\x01");
  unsigned bits = 0;
  int filled = 0;
  // Deflate fills bytes from the lowest bit, and Huffman codes come with their highest bit first.
  const auto put_code = [&](unsigned code, int length) {
    for (int bit = length - 1; bit >= 0; --bit) {
      bits |= (code >> bit & 1) << filled;
      if (++filled < 8) continue;
      stream.push_back(static_cast<std::byte>(bits));
      bits = 0;
      filled = 0;
    }
  };
  put_code(0b1, 1);         // the last block
  put_code(0b10, 2);        // with the fixed codes
  put_code(0b00110000, 8);  // the literal 0
  for (int done = 1; done < count; done += 258) {
    put_code(0b11000101, 8);  // length 258
    put_code(0b00000, 5);     // distance 1
  }
  put_code(0b0000000, 7);  // the end
  put_code(0, 7);          // fills the last byte
  append(stream, Bytes(4));
  return stream;
}

Bytes png(const std::vector<Bytes>& chunks) {
  Bytes file = bytes_of("\x89PNG\r\n\x1A\n");
  for (const Bytes& one : chunks) append(file, one);
  return file;
}

const Bytes grey_2x2 = {std::byte{0}, std::byte{10}, std::byte{20}, std::byte{0}, std::byte{30}, std::byte{40}};
const Bytes end = chunk("IEND", {});

TEST(PngDecoder, SmallestImageIsDecoded) {
  const Bytes file = png({image_header(2, 2, 8, 0), chunk("IDAT", stored(grey_2x2)), end});
  EXPECT_EQ(decode_all(file), (test::RgbImage{2, 2, {10, 10, 10, 20, 20, 20, 30, 30, 30, 40, 40, 40}}));
}

TEST(PngDecoder, FlippedBitAnywhereUpToThePixelsEndIsRefused) {
  const Bytes before =
      png({image_header(2, 2, 8, 0), chunk("tEXt", bytes_of("Title")), chunk("IDAT", stored(grey_2x2))});
  for (std::size_t at = 0; at < before.size(); ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      Bytes file = before;
      append(file, end);
      file[at] ^= static_cast<std::byte>(1 << bit);
      EXPECT_NE(failure_of(file).status(), SampleStatus::ok) << "bit " << bit << " of byte " << at;
    }
  }
}

TEST(PngDecoder, DamagedPixelsAreNamedByTheirChecksum) {
  Bytes file = png({image_header(2, 2, 8, 0), chunk("IDAT", stored(grey_2x2)), end});
  file[test::find(file, bytes_of("IDAT")) + 12] ^= std::byte{1};
  const SampleFailure failure = failure_of(file);
  EXPECT_EQ(failure.status(), SampleStatus::corrupt);
  EXPECT_THAT(failure.what(), HasSubstr("checksum of the PNG's IDAT chunk"));
}

TEST(PngDecoder, TooFewPixelsAreTruncated) {
  const Bytes three_bytes(grey_2x2.begin(), grey_2x2.begin() + 3);
  const Bytes file = png({image_header(2, 2, 8, 0), chunk("IDAT", stored(three_bytes)), end});
  EXPECT_EQ(failure_of(file).status(), SampleStatus::truncated);
}

TEST(PngDecoder, MissingEndIsTruncated) {
  const Bytes file = png({image_header(2, 2, 8, 0), chunk("IDAT", stored(grey_2x2))});
  EXPECT_EQ(failure_of(file).status(), SampleStatus::truncated);
}

TEST(PngDecoder, ChunkLongerThanTheFileIsTruncated) {
  Bytes file = png({image_header(2, 2, 8, 0), big_endian(0xFFFFFFF0), bytes_of("IDATxxxx")});
  EXPECT_EQ(failure_of(file).status(), SampleStatus::truncated);
}

TEST(PngDecoder, HugeImageInFewBytesIsRefusedByItsHeader) {
  const Bytes file = png({image_header(100'000, 100'000, 8, 2), chunk("IDAT", stored(grey_2x2)), end});
  Decoder decoder;
  EXPECT_NE(failure_of(decoder, file).status(), SampleStatus::ok);
  EXPECT_EQ(decoder.scratch_bytes(), 0u);
  const Bytes enough_bytes = png({image_header(100'000, 100'000, 1, 0), chunk("IDAT", Bytes(2'000'000)), end});
  EXPECT_EQ(failure_of(decoder, enough_bytes).status(), SampleStatus::too_large);
  EXPECT_EQ(decoder.scratch_bytes(), 0u);
}

TEST(PngDecoder, SidesBeyondAnyProductAreRefused) {
  const Bytes file = png({image_header(0xFFFFFFFF, 0xFFFFFFFF, 16, 6), chunk("IDAT", stored(grey_2x2)), end});
  EXPECT_NE(failure_of(file).status(), SampleStatus::ok);
}

TEST(PngDecoder, PixelsThatInflateToFarMoreThanTheImageAreRefused) {
  const Bytes bomb = deflated_zeros(40'000'000);
  ASSERT_LT(bomb.size(), 300'000u);
  const SampleFailure failure = failure_of(png({image_header(2, 2, 8, 0), chunk("IDAT", bomb), end}));
  EXPECT_EQ(failure.status(), SampleStatus::too_large);
  EXPECT_THAT(failure.what(), HasSubstr("inflates to far more"));
}

TEST(PngDecoder, AFewBytesMoreThanThePixelsAreNoError) {
  const Bytes file = png({image_header(2, 2, 8, 0), chunk("IDAT", deflated_zeros(1000)), end});
  EXPECT_EQ(decode_all(file), (test::RgbImage{2, 2, std::vector<std::uint8_t>(12, 0)}));
}

TEST(PngDecoder, ContradictoryHeadersAreCorrupt) {
  for (const auto& [depth, colour] : {std::pair{16, 3}, {4, 2}, {3, 0}, {8, 1}, {8, 5}, {8, 7}, {1, 6}, {0, 0}}) {
    const Bytes file = png({image_header(2, 2, depth, colour), chunk("IDAT", stored(Bytes(64))), end});
    EXPECT_EQ(failure_of(file).status(), SampleStatus::corrupt) << "depth " << depth << ", colour type " << colour;
  }
  EXPECT_EQ(failure_of(png({image_header(0, 2, 8, 0), chunk("IDAT", stored(grey_2x2)), end})).status(),
            SampleStatus::corrupt);
}

TEST(PngDecoder, WrongOrderOfChunksIsCorrupt) {
  const Bytes header = image_header(2, 2, 8, 0), pixels = chunk("IDAT", stored(grey_2x2));
  EXPECT_EQ(failure_of(png({pixels, header, end})).status(), SampleStatus::corrupt);
  EXPECT_EQ(failure_of(png({header, header, pixels, end})).status(), SampleStatus::corrupt);
  EXPECT_EQ(failure_of(png({header, end})).status(), SampleStatus::corrupt);
  EXPECT_EQ(failure_of(png({header, pixels, chunk("PLTE", Bytes(3)), end})).status(), SampleStatus::corrupt);
  EXPECT_EQ(failure_of(png({header, pixels, chunk("tIME", Bytes(7)), pixels, end})).status(), SampleStatus::corrupt);
}

TEST(PngDecoder, PalettesOfImpossibleSizesAreCorrupt) {
  for (std::size_t bytes : {1u, 4u, 771u}) {
    const Bytes file =
        png({image_header(2, 2, 8, 3), chunk("PLTE", Bytes(bytes)), chunk("IDAT", stored(grey_2x2)), end});
    EXPECT_EQ(failure_of(file).status(), SampleStatus::corrupt) << bytes;
  }
}

}  // namespace
}  // namespace slabring
