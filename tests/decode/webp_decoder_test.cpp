// What pillow_test does not compare: regions, limits, damage and the status of each refusal.
#include "decode/webp_decoder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "support/decode_image.hpp"
#include "support/encode_image.hpp"

namespace slabring {
namespace {

using test::Bytes;
using test::bytes_of;
using test::decode_all;
using test::decode_region;
using test::encode_webp;
using test::failure_of;
using test::photo;
using test::RgbImage;
using test::WebpOptions;
using testing::HasSubstr;

void append(Bytes& bytes, const Bytes& more) { bytes.insert(bytes.end(), more.begin(), more.end()); }

Bytes little_endian(std::uint64_t value, int bytes) {
  Bytes written;
  for (int i = 0; i < bytes; ++i) written.push_back(static_cast<std::byte>(value >> 8 * i));
  return written;
}

Bytes chunk(std::string_view kind, const Bytes& data) {
  Bytes bytes = bytes_of(kind);
  append(bytes, little_endian(static_cast<std::uint32_t>(data.size()), 4));
  append(bytes, data);
  if (data.size() % 2 != 0) bytes.push_back(std::byte{0});
  return bytes;
}

Bytes canvas(int flags, std::uint32_t width, std::uint32_t height) {
  Bytes data = little_endian(static_cast<std::uint32_t>(flags), 4);
  append(data, little_endian(width - 1, 3));
  append(data, little_endian(height - 1, 3));
  return chunk("VP8X", data);
}

Bytes riff(const std::vector<Bytes>& chunks) {
  Bytes content = bytes_of("WEBP");
  for (const Bytes& one : chunks) append(content, one);
  return chunk("RIFF", content);
}

constexpr std::ptrdiff_t riff_header_bytes = 12;

Bytes without_riff(const Bytes& file) { return {file.begin() + riff_header_bytes, file.end()}; }

Bytes animation(int frames) {
  constexpr int animated = 2;
  Bytes frame = little_endian(0, 6);  // left and top
  append(frame, little_endian(39, 3));
  append(frame, little_endian(29, 3));
  append(frame, little_endian(100, 4));  // milliseconds, and how it is blended
  append(frame, without_riff(encode_webp(photo(40, 30), {.lossless = true})));
  std::vector<Bytes> chunks{canvas(animated, 40, 30), chunk("ANIM", Bytes(6))};
  for (int i = 0; i < frames; ++i) chunks.push_back(chunk("ANMF", frame));
  return riff(chunks);
}

TEST(WebpAbsent, EveryFileIsUnsupportedAndSaysWhy) {
  if (webp_is_read()) GTEST_SKIP() << "this build has libwebp";
  const SampleFailure failure = failure_of(bytes_of("RIFF....WEBPVP8 and some more"));
  EXPECT_EQ(failure.status(), SampleStatus::unsupported);
  EXPECT_THAT(failure.what(), HasSubstr("this build of slabring has no libwebp"));
}

class WebpDecoder : public testing::Test {
 protected:
  void SetUp() override {
    if (!webp_is_read()) GTEST_SKIP() << "this build has no libwebp";
  }
  Decoder decoder_;
};

TEST_F(WebpDecoder, LosslessFileGivesBackEveryPixel) {
  const RgbImage image = photo(37, 23);
  for (const bool alpha : {false, true}) {
    const Bytes file = encode_webp(image, {.lossless = true, .alpha = alpha});
    EXPECT_EQ(decoder_.open(file).format, ImageFormat::webp);
    EXPECT_EQ(decode_all(decoder_, file), image);
  }
}

TEST_F(WebpDecoder, RegionEqualsThatPartOfTheWhole) {
  std::mt19937 random(5);
  const auto below = [&](int limit) { return static_cast<int>(random() % static_cast<unsigned>(limit)); };
  const WebpOptions kinds[] = {
      {}, {.quality = 5}, {.alpha = true}, {.lossless = true}, {.lossless = true, .alpha = true}};
  for (const WebpOptions& options : kinds) {
    for (const auto& [width, height] : {std::pair{97, 81}, {64, 64}, {3, 200}, {150, 2}, {1, 1}}) {
      const Bytes file = encode_webp(photo(width, height), options);
      const RgbImage whole = decode_all(decoder_, file);
      for (int i = 0; i < 60; ++i) {
        const int columns = 1 + below(width), rows = 1 + below(height);
        const Rect region{below(width - columns + 1), below(height - rows + 1), columns, rows};
        ASSERT_EQ(decode_region(decoder_, file, region), crop(whole, region))
            << columns << "x" << rows << " at " << region.x << ", " << region.y << " of " << width << "x" << height;
      }
    }
  }
}

TEST_F(WebpDecoder, ExifOrientationIsUndone) {
  constexpr int has_exif = 8;
  const Bytes still = encode_webp(photo(40, 30), {.lossless = true});
  const Bytes file = riff({canvas(has_exif, 40, 30), without_riff(still), chunk("EXIF", test::exif_tiff(6))});
  const ImageHeader header = decoder_.open(file);
  EXPECT_EQ(header.orientation, 6);
  EXPECT_EQ(header.width, 30);
  EXPECT_EQ(decode_all(decoder_, file).at(29, 0), photo(40, 30).at(0, 0));
}

TEST_F(WebpDecoder, AnimationGivesItsFirstFrame) {
  const Bytes file = animation(3);
  EXPECT_EQ(decode_all(decoder_, file), photo(40, 30));
  EXPECT_EQ(decode_region(decoder_, file, {5, 7, 20, 11}), crop(photo(40, 30), {5, 7, 20, 11}));
}

TEST_F(WebpDecoder, EveryPrefixIsTruncatedWhateverTheRegion) {
  for (const Bytes& file :
       {encode_webp(photo(20, 10)), encode_webp(photo(20, 10), {.lossless = true, .alpha = true}), animation(2)}) {
    for (std::size_t size = 1; size < file.size(); ++size) {
      const Bytes cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size));
      const SampleStatus expected = size < 16 ? SampleStatus::unknown_format : SampleStatus::truncated;
      ASSERT_EQ(failure_of(decoder_, cut).status(), expected) << size << " of " << file.size() << " bytes";
      EXPECT_THROW(decode_region(decoder_, cut, {0, 0, 1, 1}), SampleFailure);
    }
  }
}

TEST_F(WebpDecoder, DamagedPixelDataIsCorrupt) {
  Bytes file = encode_webp(photo(40, 30), {.lossless = true});
  for (std::size_t at = file.size() - 60; at < file.size() - 2; ++at) file[at] = std::byte{0xFF};
  EXPECT_EQ(failure_of(decoder_, file).status(), SampleStatus::corrupt);
}

TEST_F(WebpDecoder, FileOverThePixelLimitIsRefusedBeforeAnythingIsAllocated) {
  Bytes file = encode_webp(photo(16, 16), {.lossless = true});
  // Behind the signature 0x2F: width - 1 and height - 1, of 14 bits each.
  for (std::size_t i = 21; i < 24; ++i) file[i] = std::byte{0xFF};
  file[24] |= std::byte{0x0F};
  const SampleFailure failure = failure_of(decoder_, file);
  EXPECT_EQ(failure.status(), SampleStatus::too_large);
  EXPECT_STREQ(failure.what(), "16384x16384 = 268435456 pixels, limit 178956970");
  EXPECT_EQ(decoder_.scratch_bytes(), 0u);
}

TEST_F(WebpDecoder, AnimationOfMoreFramesThanAllowedIsRefused) {
  DecodeLimits limits;
  limits.max_frames = 12;
  Decoder strict(limits);
  EXPECT_EQ(failure_of(strict, animation(10)).status(), SampleStatus::ok);
  const SampleFailure failure = failure_of(strict, animation(11));
  EXPECT_EQ(failure.status(), SampleStatus::too_large);
  EXPECT_THAT(failure.what(), HasSubstr("more than 12 frames"));
}

}  // namespace
}  // namespace slabring
