#include "decode/probe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "decode/tga_decoder.hpp"
#include "support/decode_image.hpp"
#include "support/encode_image.hpp"

namespace slabring {
namespace {

using test::Bytes;
using test::bytes_of;
using test::photo;
using testing::HasSubstr;

std::string message_of(std::string_view file) {
  try {
    probe(bytes_of(file));
  } catch (const SampleFailure& failure) {
    EXPECT_EQ(failure.status(), SampleStatus::unknown_format);
    return failure.what();
  }
  return "recognised";
}

TEST(Probe, EveryFormatIsKnownByItsBytes) {
  test::RgbImage image = photo(5, 4);
  EXPECT_EQ(probe(test::encode_jpeg(image)), ImageFormat::jpeg);
  EXPECT_EQ(probe(test::encode_png(image)), ImageFormat::png);
  EXPECT_EQ(probe(test::encode_bmp(image)), ImageFormat::bmp);
  EXPECT_EQ(probe(test::encode_tga(image)), ImageFormat::tga);
  EXPECT_EQ(probe(test::encode_ppm(image)), ImageFormat::pnm);
  EXPECT_EQ(probe(test::encode_gif(image)), ImageFormat::gif);
  EXPECT_EQ(probe(bytes_of("RIFF....WEBPVP8L")), ImageFormat::webp);
}

TEST(Probe, MessageShowsTheFirstBytesReadably) {
  EXPECT_THAT(message_of("404: \"not\" found\r\n and more"), HasSubstr(R"(begins with "404: \"not\" found")"));
  EXPECT_THAT(message_of(std::string_view("\0\x01\xFFz", 4)), HasSubstr(R"("\x00\x01\xFFz")"));
}

TEST(Probe, FormatsThatAreNotReadAreNamed) {
  EXPECT_THAT(message_of("RIFF....WEBPVP9 "), HasSubstr("a WebP image of an unknown kind"));
  EXPECT_THAT(message_of(std::string_view("II*\0\x08\0\0\0", 8)), HasSubstr("a TIFF image"));
  EXPECT_THAT(message_of(std::string_view("\0\0\0\x1C"
                                          "ftypavif",
                                          12)),
              HasSubstr("AVIF"));
  EXPECT_THAT(message_of("8BPS\0\x01"), HasSubstr("Photoshop"));
}

TEST(Probe, ShortFilesAreUnknown) {
  for (std::string_view file : {"\xFF\xD8", "\x89PNG", "G", "P6", "B", "RIFF....WEBPVP8"})
    EXPECT_NE(message_of(file), "recognised");
}

// TGA has no magic number, so noise must not pass for one.
TEST(Probe, NoiseAndTextDoNotPassForTga) {
  std::mt19937 random(3);
  int passed = 0;
  for (int round = 0; round < 100'000; ++round) {
    Bytes noise(32);
    for (std::byte& byte : noise) byte = static_cast<std::byte>(random());
    passed += looks_like_tga(noise);
  }
  EXPECT_EQ(passed, 0);
  EXPECT_FALSE(looks_like_tga(bytes_of("label,path\n1,a.jpg\n2,b.jpg\n")));
  EXPECT_FALSE(looks_like_tga(Bytes(1000)));
}

}  // namespace
}  // namespace slabring
