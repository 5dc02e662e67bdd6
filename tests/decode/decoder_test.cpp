#include "decode/decoder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "base/sample_failure.hpp"
#include "decode/image_buffer.hpp"
#include "decode/orient.hpp"
#include "support/decode_image.hpp"
#include "support/encode_image.hpp"

namespace slabring {
namespace {

using test::Bytes;
using test::bytes_of;
using test::decode_all;
using test::decode_region;
using test::encode_jpeg;
using test::failure_of;
using test::photo;
using test::RgbImage;
using testing::HasSubstr;

struct LosslessFormat {
  ImageFormat format;
  Bytes (*encode)(RgbImage& image);
};

const LosslessFormat lossless_formats[] = {
    {ImageFormat::png, [](RgbImage& image) { return test::encode_png(image); }},
    {ImageFormat::bmp, [](RgbImage& image) { return test::encode_bmp(image); }},
    {ImageFormat::tga, [](RgbImage& image) { return test::encode_tga(image); }},
    {ImageFormat::tga, [](RgbImage& image) { return test::encode_tga(image, true); }},
    {ImageFormat::pnm, [](RgbImage& image) { return test::encode_ppm(image); }},
    {ImageFormat::gif, [](RgbImage& image) { return test::encode_gif(image); }},
};

TEST(Decoder, LosslessFormatsGiveBackEveryPixel) {
  for (const LosslessFormat& lossless : lossless_formats) {
    RgbImage image = photo(37, 23);
    const Bytes file = lossless.encode(image);
    Decoder decoder;
    EXPECT_EQ(decoder.open(file).format, lossless.format);
    EXPECT_EQ(decode_all(decoder, file), image) << to_string(lossless.format);
    const Rect region{5, 3, 20, 11};
    EXPECT_EQ(decode_region(decoder, file, region), crop(image, region)) << to_string(lossless.format);
  }
}

TEST(Decoder, EveryPrefixOfALosslessFileIsRefused) {
  Decoder decoder;
  for (const LosslessFormat& lossless : lossless_formats) {
    RgbImage image = photo(9, 7);
    const Bytes file = lossless.encode(image);
    for (std::size_t size = 1; size + 1 < file.size(); ++size) {
      const Bytes prefix(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size));
      const SampleStatus status = failure_of(decoder, prefix).status();
      const bool refused = status == SampleStatus::truncated || status == SampleStatus::unknown_format;
      // What follows the last pixel is not needed: a TGA footer, the end of a GIF.
      const bool complete = status == SampleStatus::ok && decode_all(decoder, prefix) == image &&
                            (lossless.format == ImageFormat::gif || lossless.format == ImageFormat::tga);
      EXPECT_TRUE(refused || complete) << to_string(lossless.format) << " of " << size
                                       << " bytes: " << to_string(status);
    }
  }
}

TEST(Decoder, EmptyInputIsEmpty) {
  Decoder decoder;
  EXPECT_EQ(failure_of(decoder, {}).status(), SampleStatus::empty);
}

TEST(Decoder, TextIsAnUnknownFormatAndIsShown) {
  Decoder decoder;
  const SampleFailure failure = failure_of(decoder, bytes_of("<!DOCTYPE html>\n<html>"));
  EXPECT_EQ(failure.status(), SampleStatus::unknown_format);
  EXPECT_THAT(failure.what(), HasSubstr("\"<!DOCTYPE html>\\x0A\""));
}

TEST(Decoder, KnownFormatThatIsNotReadIsNamed) {
  Decoder decoder;
  const SampleFailure failure = failure_of(decoder, bytes_of(std::string_view("II*\0\x08\0\0\0", 8)));
  EXPECT_EQ(failure.status(), SampleStatus::unknown_format);
  EXPECT_THAT(failure.what(), HasSubstr("a TIFF image"));
}

TEST(Decoder, FileOverTheLimitIsRefused) {
  DecodeLimits limits;
  limits.max_file_bytes = 1000;
  Decoder decoder(limits);
  EXPECT_EQ(failure_of(decoder, Bytes(1001)).status(), SampleStatus::too_large);
}

TEST(Decoder, JpegOverThePixelLimitIsRefusedWithTheNumbers) {
  Bytes file = encode_jpeg(16, 16);
  const std::size_t sizes = test::find(file, bytes_of(std::string_view("\xFF\xC0\0\x11\x08", 5))) + 5;
  for (std::size_t i = 0; i < 4; i += 2) {  // 65500 is 0xFFDC
    file[sizes + i] = std::byte{0xFF};
    file[sizes + i + 1] = std::byte{0xDC};
  }
  Decoder decoder;
  const SampleFailure failure = failure_of(decoder, file);
  EXPECT_EQ(failure.status(), SampleStatus::too_large);
  EXPECT_STREQ(failure.what(), "65500x65500 = 4290250000 pixels, limit 178956970");
  EXPECT_EQ(decoder.scratch_bytes(), 0u);
}

TEST(Decoder, PixelLimitIsInclusiveForEveryFormat) {
  for (const LosslessFormat& lossless : lossless_formats) {
    RgbImage image = photo(20, 10);
    const Bytes file = lossless.encode(image);
    DecodeLimits limits;
    limits.max_pixels = 200;
    Decoder at_the_limit(limits);
    EXPECT_EQ(at_the_limit.open(file).width, 20);
    limits.max_pixels = 199;
    Decoder below(limits);
    EXPECT_EQ(failure_of(below, file).status(), SampleStatus::too_large) << to_string(lossless.format);
    EXPECT_EQ(below.scratch_bytes(), 0u);
  }
}

class Orientation : public testing::TestWithParam<int> {};

// Where stored pixel (x, y) of a width x height image is seen, by EXIF's own words: which edges row 0 and column 0 are.
std::pair<int, int> seen_at(int orientation, int x, int y, int width, int height) {
  switch (orientation) {
    case 1: return {x, y};                           // row 0: top, column 0: left
    case 2: return {width - 1 - x, y};               // top, right
    case 3: return {width - 1 - x, height - 1 - y};  // bottom, right
    case 4: return {x, height - 1 - y};              // bottom, left
    case 5: return {y, x};                           // left, top
    case 6: return {height - 1 - y, x};              // right, top
    case 7: return {height - 1 - y, width - 1 - x};  // right, bottom
    default: return {y, width - 1 - x};              // left, bottom
  }
}

TEST_P(Orientation, JpegIsDeliveredUprightAsAWholeAndByRegions) {
  const int orientation = GetParam(), width = 83, height = 57;
  test::JpegOptions options;
  Decoder decoder;
  const RgbImage stored = decode_all(decoder, encode_jpeg(width, height, options));
  options.exif_orientation = orientation;
  const Bytes file = encode_jpeg(width, height, options);

  const ImageHeader header = decoder.open(file);
  EXPECT_EQ(header.orientation, orientation);
  const bool swapped = orientation >= 5;
  ASSERT_EQ(header.width, swapped ? height : width);
  ASSERT_EQ(header.height, swapped ? width : height);

  const RgbImage upright = decode_all(decoder, file);
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const auto [seen_x, seen_y] = seen_at(orientation, x, y, width, height);
      ASSERT_EQ(upright.at(seen_x, seen_y), stored.at(x, y)) << x << ", " << y;
    }
  }
  for (const Rect& region : {Rect{0, 0, 5, 7}, Rect{40, 33, 17, 20}, Rect{header.width - 3, header.height - 9, 3, 9}}) {
    EXPECT_EQ(decode_region(decoder, file, region), crop(upright, region));
  }
}

INSTANTIATE_TEST_SUITE_P(One, Orientation, testing::Range(1, 9));

TEST(Decoder, WorksOnAfterEveryFailure) {
  Decoder decoder;
  RgbImage image = photo(30, 20);
  const Bytes png = test::encode_png(image), jpeg = encode_jpeg(image);
  const RgbImage expected = decode_all(decoder, jpeg);
  const Bytes cut(jpeg.begin(), jpeg.end() - 40);
  for (const Bytes& bad : {Bytes{}, bytes_of("no image at all"), cut, Bytes(png.begin(), png.begin() + 60)}) {
    EXPECT_NE(failure_of(decoder, bad).status(), SampleStatus::ok);
    EXPECT_EQ(decode_all(decoder, jpeg), expected);
    EXPECT_EQ(decode_all(decoder, png), image);
  }
}

TEST(Decoder, OpenedButNotDecodedImageIsForgotten) {
  Decoder decoder;
  const Bytes first = encode_jpeg(40, 30), second = encode_jpeg(31, 41, {.seed = 2});
  decoder.open(first);
  EXPECT_EQ(decode_all(decoder, second), decode_all(second));
}

TEST(Decoder, MemoryIsGivenBackAfterAnOutlier) {
  Decoder decoder;
  const Bytes large = encode_jpeg(3000, 2000), small = encode_jpeg(100, 80);
  decode_all(decoder, large);
  EXPECT_GT(decoder.scratch_bytes(), ImageBuffer::keep_bytes);
  decode_all(decoder, small);
  EXPECT_LE(decoder.scratch_bytes(), ImageBuffer::keep_bytes);
}

TEST(Decoder, MemoryDoesNotGrowWithTheNumberOfImages) {
  Decoder decoder;
  const Bytes files[] = {encode_jpeg(200, 150), encode_jpeg(150, 200, {.exif_orientation = 6})};
  for (const Bytes& file : files) decode_all(decoder, file);
  const std::size_t settled = decoder.scratch_bytes();
  for (int i = 0; i < 20; ++i) {
    for (const Bytes& file : files) decode_all(decoder, file);
  }
  EXPECT_EQ(decoder.scratch_bytes(), settled);
}

}  // namespace
}  // namespace slabring
