// Coding JPEGs anew in tiles, and decoding them by their tiles: the same pixels as libjpeg-turbo makes of the original.
#include "decode/jpeg_tiler.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>

#include "decode/native_jpeg/native_decoder.hpp"
#include "decode/native_jpeg/usual_jpegs.hpp"
#include "support/counting_jpeg.hpp"
#include "support/damage.hpp"
#include "support/decode_image.hpp"
#include "support/encode_image.hpp"

namespace slabring {
namespace {

using test::Bytes;
using test::CountingJpeg;
using test::crop;
using test::decode_all;
using test::described;
using test::encode_jpeg;
using test::JpegColour;
using test::JpegOptions;
using test::RgbImage;
using test::Sampling;

const auto& kinds = test::usual_jpegs;

Bytes copy(std::span<const std::byte> bytes) { return {bytes.begin(), bytes.end()}; }

class JpegTilerTest : public testing::Test {
 protected:
  Rect region_of(int width, int height) {
    const auto below = [&](int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); };
    Rect region;
    region.width = 1 + below(width);
    region.height = 1 + below(height);
    region.x = below(3) == 0 ? width - region.width : below(width - region.width + 1);
    region.y = below(3) == 0 ? height - region.height : below(height - region.height + 1);
    return region;
  }

  void expect_regions_equal(const JpegTiler::Tiled& tiled, const RgbImage& expected, int regions) {
    for (int i = 0; i < regions; ++i) {
      const Rect region = region_of(expected.width, expected.height);
      CountingJpeg file(tiled.file, tiled.tiles);
      decoder_.open(file);
      ASSERT_EQ(test::copy(decoder_.decode(region)), crop(expected, region))
          << region.width << "x" << region.height << " at " << region.x << ", " << region.y << " of " << expected.width
          << "x" << expected.height;
      ASSERT_EQ(file.times_whole(), 0);
    }
  }

  void expect_tiled(int width, int height, const JpegOptions& options, int regions) {
    SCOPED_TRACE(std::to_string(width) + "x" + std::to_string(height) + " " + described(options));
    const Bytes original = encode_jpeg(width, height, options);
    const RgbImage expected = decode_all(libjpeg_, original);
    const auto tiled = tiler_.tile(original);
    ASSERT_TRUE(tiled);
    ASSERT_TRUE(tiled->tiles.is_consistent(tiled->file.size()));
    ASSERT_EQ(decode_all(libjpeg_, tiled->file), expected);
    ASSERT_NO_FATAL_FAILURE(expect_regions_equal(*tiled, expected, regions));
  }

  JpegTiler tiler_;
  Decoder decoder_;
  Decoder libjpeg_{DecodeLimits{}, JpegDecoding::libjpeg};
  std::mt19937 random_{20240607};
};

// Narrower ones with halved chroma are libjpeg-turbo's.
constexpr int narrowest = 5;

TEST_F(JpegTilerTest, RegionsEqualLibjpegForEverySamplingSizeQualityAndRestartInterval) {
  int turn = 0;
  for (JpegOptions options : kinds) {
    for (int width = narrowest; width <= 150; width += width < 36 ? 5 : 19) {
      for (int height = 1; height <= 90; height += height < 20 ? 5 : 17) {
        options.quality = std::vector{2, 30, 75, 95, 100}[static_cast<std::size_t>(++turn) % 5];
        options.restart_interval = turn % 3 == 0 ? 1 + turn % 7 : 0;
        options.seed = static_cast<std::uint32_t>(turn);
        ASSERT_NO_FATAL_FAILURE(expect_tiled(width, height, options, 20));
      }
    }
  }
}

TEST_F(JpegTilerTest, ProgressiveArithmeticAndSeparateScansBecomeBaseline) {
  for (JpegOptions options : kinds) {
    for (const int kind : {0, 1, 2}) {
      options.progressive = kind == 0;
      options.arithmetic = kind == 1;
      options.separate_scans = kind == 2 && options.colour == JpegColour::ycc;
      ASSERT_NO_FATAL_FAILURE(expect_tiled(331, 257, options, 20));
    }
  }
}

TEST_F(JpegTilerTest, SmallerImagesEqualLibjpeg) {
  for (const JpegOptions& kind : kinds) {
    const auto tiled = tiler_.tile(encode_jpeg(331, 257, kind));
    ASSERT_TRUE(tiled);
    for (const double scale : {0.125, 0.25, 0.5}) {
      for (int i = 0; i < 5; ++i) {
        CountingJpeg file(tiled->file, tiled->tiles);
        decoder_.open(file);
        libjpeg_.open(tiled->file);
        const auto grid = libjpeg_.shrink(scale);
        ASSERT_TRUE(grid);
        ASSERT_TRUE(decoder_.shrink(scale));
        const Rect region = region_of(grid->width, grid->height);
        ASSERT_EQ(test::copy(decoder_.decode(region)), test::copy(libjpeg_.decode(region))) << described(kind) << scale;
      }
    }
  }
}

TEST_F(JpegTilerTest, OnlyTilesThatTheRegionTouchesAreRead) {
  const Bytes original = encode_jpeg(1024, 768);
  const auto tiled = tiler_.tile(original);
  ASSERT_TRUE(tiled);
  const RgbImage expected = decode_all(libjpeg_, original);
  const Rect region{500, 400, 64, 32};  // 4 of 96 rows of MCUs
  CountingJpeg file(tiled->file, tiled->tiles);
  decoder_.open(file);
  EXPECT_EQ(test::copy(decoder_.decode(region)), crop(expected, region));
  EXPECT_LT(file.fetched(), tiled->file.size() / 12);
}

TEST_F(JpegTilerTest, SegmentsAreOfSomeSizeAndDivideTheRowWhereTheyCan) {
  EXPECT_EQ(tile_interval(60, 40, 1'000'000), 4);  // 417 bytes an MCU
  EXPECT_EQ(tile_interval(63, 47, 110'000), 21);   // 37: 19 at least
  EXPECT_EQ(tile_interval(47, 63, 110'000), 19);   // no divisor near
  EXPECT_EQ(tile_interval(1, 1, 300), 4);
  EXPECT_EQ(tile_interval(8000, 8000, 100), 65'535);
  const auto tiled = tiler_.tile(encode_jpeg(500, 375));
  ASSERT_TRUE(tiled);
  const std::uint32_t interval = tiled->tiles.interval;
  EXPECT_EQ(tiled->tiles.segments(), (63U * 47U + interval - 1) / interval);
  EXPECT_GT(tiled->file.size() / tiled->tiles.segments(), 500U);
}

TEST_F(JpegTilerTest, MarkersOfTheOriginalAreKept) {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const Bytes original = encode_jpeg(
        61, 47, {.progressive = orientation % 2 == 0, .exif_orientation = orientation, .adobe_marker = true});
    const auto tiled = tiler_.tile(original);
    ASSERT_TRUE(tiled);
    const Bytes file = copy(tiled->file);
    EXPECT_EQ(decode_all(file), decode_all(original));  // upright
    EXPECT_NO_THROW(test::find(file, test::bytes_of("Adobe")));
    TiledJpegInMemory by_tiles(file, tiled->tiles);
    EXPECT_EQ(decoder_.open(by_tiles).orientation, orientation);
    const ImageHeader header = decoder_.open(by_tiles);
    EXPECT_EQ(test::copy(decoder_.decode({0, 0, header.width, header.height})), decode_all(original));
  }
}

TEST_F(JpegTilerTest, OtherFilesAreLeftAsTheyAre) {
  for (const JpegOptions& options : {JpegOptions{.colour = JpegColour::rgb}, JpegOptions{.colour = JpegColour::cmyk},
                                     JpegOptions{.colour = JpegColour::ycck}, JpegOptions{.luma = {4, 1}}}) {
    EXPECT_FALSE(tiler_.tile(encode_jpeg(61, 47, options)));
  }
  EXPECT_FALSE(tiler_.tile(test::encode_png(test::photo(61, 47))));
  EXPECT_FALSE(tiler_.tile(test::bytes_of("no image at all")));
  EXPECT_FALSE(tiler_.tile({}));
}

TEST_F(JpegTilerTest, DamagedFilesAreLeftAsTheyAreOrLookTheSame) {
  test::Damage damage;
  int tiled_files = 0;
  for (const JpegOptions& kind : kinds) {
    for (const bool progressive : {false, true}) {
      JpegOptions options = kind;
      options.progressive = progressive;
      const Bytes sound = encode_jpeg(61, 47, options);
      for (int i = 0; i < 150; ++i) {
        Bytes file = sound;
        damage.inflict(file);
        const auto tiled = tiler_.tile(file);
        if (!tiled) continue;
        ++tiled_files;
        const RgbImage expected = decode_all(libjpeg_, file);
        ASSERT_EQ(decode_all(libjpeg_, tiled->file), expected);
        if (decoder_.open(tiled->file).orientation != 1) continue;
        ASSERT_NO_FATAL_FAILURE(expect_regions_equal(*tiled, expected, 2));
      }
    }
  }
  EXPECT_GT(tiled_files, 100);
}

TEST_F(JpegTilerTest, TilesOfAnotherFileAreNotUsed) {
  const Bytes one = encode_jpeg(200, 150);
  const auto other = tiler_.tile(encode_jpeg(208, 150));
  ASSERT_TRUE(other);
  const JpegTiles tiles = other->tiles;
  const auto tiled = tiler_.tile(one);
  ASSERT_TRUE(tiled);
  Bytes file = copy(tiled->file);
  file.resize(std::max<std::size_t>(file.size(), tiles.begins.back()));  // as long as the tiles say, at least
  JpegTiles stale = tiles;
  stale.begins.back() = static_cast<std::uint32_t>(file.size());
  TiledJpegInMemory mixed(file, stale);
  const ImageHeader header = decoder_.open(mixed);
  EXPECT_EQ(header.width, 200);
  EXPECT_EQ(test::copy(decoder_.decode({8, 8, 100, 100})), crop(decode_all(libjpeg_, one), {8, 8, 100, 100}));
}

TEST(JpegTiles, AreFoundInAnyFileWithRestartMarkers) {
  const Bytes file = encode_jpeg(200, 150, {.luma = {2, 2}, .restart_interval = 5});
  const auto tiles = find_tiles(file);
  ASSERT_TRUE(tiles);
  EXPECT_EQ(tiles->interval, 5U);
  EXPECT_EQ(tiles->segments(), (13U * 10U + 4U) / 5U);
  EXPECT_TRUE(tiles->is_consistent(file.size()));
  EXPECT_FALSE(tiles->is_consistent(file.size() + 1));
  EXPECT_FALSE(find_tiles(encode_jpeg(200, 150)));

  Bytes longer = file;
  longer.push_back(std::byte{0});
  EXPECT_FALSE(find_tiles(longer));
  for (std::size_t size = 0; size < file.size(); size += 17) {
    EXPECT_FALSE(find_tiles(std::span(file).first(size))) << size;
  }
}

TEST(JpegTiles, ThatContradictThemselvesAreInconsistent) {
  EXPECT_FALSE((JpegTiles{0, {10, 20}}).is_consistent(20));
  EXPECT_FALSE((JpegTiles{4, {}}).is_consistent(0));
  EXPECT_FALSE((JpegTiles{4, {20}}).is_consistent(20));
  EXPECT_FALSE((JpegTiles{4, {10, 11}}).is_consistent(11));
  EXPECT_FALSE((JpegTiles{4, {10, 30, 20}}).is_consistent(20));
  EXPECT_TRUE((JpegTiles{4, {10, 12}}).is_consistent(12));
}

}  // namespace
}  // namespace slabring
