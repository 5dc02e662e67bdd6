#include "synth/jpeg_writer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "cli/synth/jpeg_header.hpp"
#include "decode/decoder.hpp"
#include "slabring/error.hpp"

namespace slabring::cli {
namespace {

using testing::ElementsAre;

/// A soft ramp in luma, with chroma that differs from neutral.
YccImage ramp(int width, int height) {
  YccImage image{width, height, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      image.pixels.push_back(static_cast<std::uint8_t>(60 + x + y));
      image.pixels.push_back(100);
      image.pixels.push_back(150);
    }
  }
  return image;
}

TEST(JpegWriter, StoresTheSizeAndTheSubsampling) {
  JpegWriter writer;
  const YccImage image = ramp(37, 21);
  EXPECT_THAT(test::frame_of(writer.encode(image, Subsampling::s444, 90)).sampling, ElementsAre(0x11, 0x11, 0x11));
  EXPECT_THAT(test::frame_of(writer.encode(image, Subsampling::s422, 90)).sampling, ElementsAre(0x21, 0x11, 0x11));
  EXPECT_THAT(test::frame_of(writer.encode(image, Subsampling::s420, 90)).sampling, ElementsAre(0x22, 0x11, 0x11));
  EXPECT_EQ(test::frame_of(writer.encode(image, Subsampling::grey, 90)).sampling.size(), 1U);
  const auto frame = test::frame_of(writer.encode(image, Subsampling::s444, 90));
  EXPECT_EQ(frame.width, 37);
  EXPECT_EQ(frame.height, 21);
}

TEST(JpegWriter, DecodedPixelsAreThoseEncoded) {
  JpegWriter writer;
  const YccImage image = ramp(40, 24);
  for (const Subsampling subsampling : {Subsampling::s444, Subsampling::s422, Subsampling::s420, Subsampling::grey}) {
    Decoder decoder;
    decoder.open(writer.encode(image, subsampling, 98));
    const ImageView pixels = decoder.decode({0, 0, 40, 24});
    const bool has_colour = subsampling != Subsampling::grey;
    for (int y = 0; y < 24; ++y) {
      for (int x = 0; x < 40; ++x) {
        const int luma = 60 + x + y;
        const std::uint8_t* rgb = pixels.row(y) + 3 * x;
        ASSERT_NEAR(rgb[0], luma + (has_colour ? 1.402 * 22 : 0), 3) << x << ' ' << y;
        ASSERT_NEAR(rgb[2], luma - (has_colour ? 1.772 * 28 : 0), 3) << x << ' ' << y;
      }
    }
  }
}

TEST(JpegWriter, LowerQualityGivesFewerBytes) {
  JpegWriter writer;
  const YccImage image = ramp(200, 100);
  const std::size_t coarse = writer.encode(image, Subsampling::s444, 20).size();
  EXPECT_LT(coarse, writer.encode(image, Subsampling::s444, 98).size());
}

TEST(JpegWriter, FailureNamesTheSizeAndLeavesTheWriterUsable) {
  JpegWriter writer;
  const YccImage too_wide{70'000, 1, std::vector<std::uint8_t>(3 * 70'000)};
  try {
    writer.encode(too_wide, Subsampling::s444, 90);
    ADD_FAILURE() << "libjpeg's limit is 65,500 pixels";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr("70000x1"));
  }
  EXPECT_EQ(test::frame_of(writer.encode(ramp(8, 8), Subsampling::s444, 90)).width, 8);
}

}  // namespace
}  // namespace slabring::cli
