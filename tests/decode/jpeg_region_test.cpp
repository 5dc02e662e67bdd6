// A region must equal the same part of the whole image, bit for bit, with the libjpeg-turbo that is linked.
// libjpeg-turbo 2.1.5 is known to deliver wrong rows and columns when it is asked for parts of an image in other ways
// than this decoder's, so what may_be_windowed() lets through is tried here.
#include <gtest/gtest.h>

#include <optional>
#include <ostream>
#include <random>
#include <vector>

#include "decode/decoder.hpp"
#include "support/decode_image.hpp"
#include "support/encode_image.hpp"

namespace slabring {
namespace {

using test::Bytes;
using test::decode_all;
using test::decode_region;
using test::encode_jpeg;
using test::JpegColour;
using test::JpegOptions;
using test::RgbImage;

struct Kind {
  const char* name;
  JpegOptions options;
};

std::ostream& operator<<(std::ostream& out, const Kind& kind) { return out << kind.name; }

// The sizes around multiples of every iMCU, so that regions begin and end anywhere in one, and whole images of one.
constexpr int sides[] = {1, 7, 16, 17, 33, 64, 95, 130};

/// Uniformly anywhere, but every second one at an edge or in a corner.
Rect random_region(std::mt19937& random, int width, int height) {
  const auto pick = [&](int first, int last) {
    return first + static_cast<int>(random() % static_cast<unsigned>(last - first + 1));
  };
  Rect region;
  region.width = pick(1, width);
  region.height = pick(1, height);
  region.x = pick(0, 3) == 0 ? width - region.width : pick(0, width - region.width);
  region.y = pick(0, 3) == 0 ? height - region.height : pick(0, height - region.height);
  if (pick(0, 3) == 0) region.x = 0;
  if (pick(0, 3) == 0) region.y = 0;
  return region;
}

class JpegRegion : public testing::TestWithParam<Kind> {
 protected:
  void expect_equal_regions(const JpegOptions& options, int width, int height, int count) {
    const Bytes file = encode_jpeg(width, height, options);
    const RgbImage whole = decode_all(decoder_, file);
    for (int i = 0; i < count; ++i) {
      const Rect region = random_region(random_, whole.width, whole.height);
      ASSERT_EQ(decode_region(decoder_, file, region), crop(whole, region))
          << region.width << "x" << region.height << " at " << region.x << ", " << region.y << " of " << whole.width
          << "x" << whole.height << ", restart interval " << options.restart_interval;
    }
  }

  Decoder decoder_{DecodeLimits{}, JpegDecoding::libjpeg};
  std::mt19937 random_{20240607};
};

TEST_P(JpegRegion, EqualsThatPartOfTheWholeForEverySize) {
  for (int width : sides) {
    for (int height : sides) expect_equal_regions(GetParam().options, width, height, 5);
  }
}

TEST_P(JpegRegion, EqualsThatPartOfTheWholeOfALargerImage) {
  expect_equal_regions(GetParam().options, 331, 257, 25);
  expect_equal_regions(GetParam().options, 64, 509, 10);
}

TEST_P(JpegRegion, EqualsThatPartOfTheWholeWithRestartMarkers) {
  JpegOptions options = GetParam().options;
  for (int interval : {1, 3, 8}) {
    options.restart_interval = interval;
    options.seed = static_cast<std::uint32_t>(interval);
    expect_equal_regions(options, 131, 150, 10);
  }
}

TEST_P(JpegRegion, EqualsThatPartOfTheWholeInEveryOrientation) {
  JpegOptions options = GetParam().options;
  for (int orientation = 1; orientation <= 8; ++orientation) {
    options.exif_orientation = orientation;
    expect_equal_regions(options, 131, 150, 5);
  }
}

TEST_P(JpegRegion, EqualsThatPartOfTheWholeForEveryQuality) {
  JpegOptions options = GetParam().options;
  for (int quality : {1, 30, 75, 100}) {
    options.quality = quality;
    options.optimized_tables = quality < 50 && !options.arithmetic;
    expect_equal_regions(options, 150, 131, 8);
  }
}

RgbImage decode_shrunk(Decoder& decoder, const Bytes& file, double least_scale, const std::optional<Rect>& region) {
  decoder.open(file);
  const PixelGrid grid = decoder.shrink(least_scale).value();
  return test::copy(decoder.decode(region.value_or(Rect{0, 0, grid.width, grid.height})));
}

TEST_P(JpegRegion, EqualsThatPartOfTheWholeWhenDecodedSmaller) {
  JpegOptions options = GetParam().options;
  for (const double scale : {0.125, 0.25, 0.5}) {
    for (const auto& [width, height] : {std::pair{331, 257}, {64, 509}, {501, 16}, {9, 9}, {1, 1}, {640, 480}}) {
      for (int interval : {0, 3}) {
        options.restart_interval = interval;
        options.exif_orientation = 1 + (width + interval) % 8;
        const Bytes file = encode_jpeg(width, height, options);
        const RgbImage whole = decode_shrunk(decoder_, file, scale, std::nullopt);
        for (int i = 0; i < 6; ++i) {
          const Rect region = random_region(random_, whole.width, whole.height);
          ASSERT_EQ(decode_shrunk(decoder_, file, scale, region), crop(whole, region))
              << region.width << "x" << region.height << " at " << region.x << ", " << region.y << " of " << whole.width
              << "x" << whole.height << ", " << scale << " of " << width << "x" << height;
        }
      }
    }
  }
}

const Kind kinds[] = {
    // Those of which less than the whole is decoded:
    {"444", {.luma = {1, 1}}},
    {"422", {.luma = {2, 1}}},
    {"420", {.luma = {2, 2}}},
    {"440", {.luma = {1, 2}}},
    {"411", {.luma = {4, 1}}},
    {"441", {.luma = {1, 4}}},
    {"410", {.luma = {4, 2}}},
    {"luma2x4", {.luma = {2, 4}}},
    {"grey", {.colour = JpegColour::grey}},
    {"rgb", {.colour = JpegColour::rgb}},
    // And the others:
    {"grey2x2", {.colour = JpegColour::grey, .luma = {2, 2}}},
    {"luma3x1", {.luma = {3, 1}}},
    {"luma2x2Chroma2x1", {.luma = {2, 2}, .chroma = {2, 1}}},
    {"luma2x2Chroma1x2", {.luma = {2, 2}, .chroma = {1, 2}}},
    {"chroma2x2", {.luma = {1, 1}, .chroma = {2, 2}}},
    {"cmyk", {.colour = JpegColour::cmyk}},
    {"ycck420", {.colour = JpegColour::ycck, .luma = {2, 2}}},
    {"progressive444", {.progressive = true}},
    {"progressive420", {.luma = {2, 2}, .progressive = true}},
    {"progressiveGrey", {.colour = JpegColour::grey, .progressive = true}},
    {"arithmetic420", {.luma = {2, 2}, .arithmetic = true}},
    {"arithmeticProgressive422", {.luma = {2, 1}, .progressive = true, .arithmetic = true}},
    {"separateScans420", {.luma = {2, 2}, .separate_scans = true}},
};

INSTANTIATE_TEST_SUITE_P(Every, JpegRegion, testing::ValuesIn(kinds),
                         [](const testing::TestParamInfo<Kind>& kind) { return std::string(kind.param.name); });

}  // namespace
}  // namespace slabring
