// The native decoder against libjpeg-turbo: the same pixels of every kind of file that it reads, whole and in regions,
// with every instruction set; and no pixels of a file that libjpeg-turbo refuses.
#include "decode/native_jpeg/native_decoder.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "augment/every_target.hpp"
#include "base/sample_failure.hpp"
#include "decode/decoder.hpp"
#include "decode/native_jpeg/usual_jpegs.hpp"
#include "support/damage.hpp"
#include "support/decode_image.hpp"
#include "support/encode_image.hpp"

namespace slabring::native_jpeg {
namespace {

using test::Bytes;
using test::copy;
using test::decode_all;
using test::described;
using test::encode_jpeg;
using test::JpegColour;
using test::JpegOptions;
using test::RgbImage;

const auto& kinds = test::usual_jpegs;

class NativeDecoderTest : public test::EveryTarget {
 protected:
  /// nullopt: it leaves the file to libjpeg-turbo.
  std::optional<RgbImage> decode(const Bytes& file, const std::optional<Rect>& region = {}) {
    const std::optional<StoredHeader> header = native_.open(file);
    if (!header || header->width * header->height > 1'000'000) return std::nullopt;
    const Rect all{0, 0, static_cast<int>(header->width), static_cast<int>(header->height)};
    const std::optional<ImageView> pixels = native_.decode(region.value_or(all), buffer_);
    if (!pixels) return std::nullopt;
    return copy(*pixels);
  }

  Rect region_of(int width, int height) {
    const auto below = [&](int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); };
    Rect region;
    region.width = 1 + below(width);
    region.height = 1 + below(height);
    region.x = below(3) == 0 ? width - region.width : below(width - region.width + 1);
    region.y = below(3) == 0 ? height - region.height : below(height - region.height + 1);
    return region;
  }

  void expect_equal(int width, int height, const JpegOptions& options, int regions) {
    const Bytes file = encode_jpeg(width, height, options);
    const RgbImage expected = decode_all(libjpeg_, file);
    const std::optional<RgbImage> found = decode(file);
    ASSERT_TRUE(found) << width << "x" << height << ", " << described(options);
    ASSERT_EQ(*found, expected) << described(options);
    for (int i = 0; i < regions; ++i) {
      const Rect region = region_of(width, height);
      ASSERT_EQ(decode(file, region), crop(expected, region))
          << region.width << "x" << region.height << " at " << region.x << ", " << region.y << " of " << width << "x"
          << height << ", " << described(options);
    }
  }

  NativeDecoder native_;
  ImageBuffer buffer_;
  Decoder libjpeg_{DecodeLimits{}, JpegDecoding::libjpeg};
  std::mt19937 random_{20240607};
};

// Narrower ones with halved chroma are libjpeg-turbo's.
constexpr int narrowest = 5;

TEST_P(NativeDecoderTest, EqualsLibjpegForEverySize) {
  int turn = 0;
  for (JpegOptions options : kinds) {
    for (int width = narrowest; width <= 70; width += width < 36 ? 3 : 7) {
      for (int height = 1; height <= 52; height += height < 20 ? 2 : 9) {
        options.quality = std::vector{2, 30, 75, 95, 100}[static_cast<std::size_t>(++turn) % 5];
        options.optimized_tables = turn % 2 == 0;
        options.restart_interval = turn % 3 == 0 ? 1 + turn % 7 : 0;
        options.seed = static_cast<std::uint32_t>(turn);
        ASSERT_NO_FATAL_FAILURE(expect_equal(width, height, options, 2));
      }
    }
  }
}

TEST_P(NativeDecoderTest, EqualsLibjpegOfLargerImages) {
  for (JpegOptions options : kinds) {
    ASSERT_NO_FATAL_FAILURE(expect_equal(331, 257, options, 10));
    options.restart_interval = 11;
    options.quality = 98;
    ASSERT_NO_FATAL_FAILURE(expect_equal(257, 331, options, 10));
  }
}

/// Blocks of every kind, coefficients of every size, codes of every length, bits 0xFF in the data.
TEST_P(NativeDecoderTest, EqualsLibjpegOfNoise) {
  for (const JpegOptions& kind : kinds) {
    for (const int quality : {1, 50, 90, 100}) {
      for (const bool extreme : {false, true}) {
        RgbImage noise{97, 61, std::vector<std::uint8_t>(std::size_t{97} * 61 * 3)};
        for (std::uint8_t& value : noise.pixels) {
          value = static_cast<std::uint8_t>(extreme ? random_() % 2 * 255 : random_());
        }
        JpegOptions options = kind;
        options.quality = quality;
        const Bytes file = encode_jpeg(noise, options);
        ASSERT_EQ(decode(file), decode_all(libjpeg_, file)) << described(options);
      }
    }
  }
}

TEST_P(NativeDecoderTest, DamagedFilesAreLeftToLibjpegOrDecodedAsItDoes) {
  test::Damage damage;
  int accepted = 0;
  for (const JpegOptions& kind : kinds) {
    for (const int interval : {0, 3}) {
      JpegOptions options = kind;
      options.restart_interval = interval;
      const Bytes sound = encode_jpeg(61, 47, options);
      for (int i = 0; i < 400; ++i) {
        Bytes file = sound;
        damage.inflict(file);
        const std::optional<RgbImage> found = decode(file);
        if (!found) continue;
        ++accepted;
        ASSERT_EQ(test::failure_of(libjpeg_, file).status(), SampleStatus::ok) << described(options) << ", blow " << i;
        ASSERT_EQ(*found, decode_all(libjpeg_, file)) << described(options) << ", blow " << i;
        const Rect region = region_of(found->width, found->height);
        ASSERT_EQ(decode(file, region), crop(*found, region)) << described(options) << ", blow " << i;
      }
    }
  }
  EXPECT_GT(accepted, 300);
}

TEST_P(NativeDecoderTest, FileThatWasCutOffIsRefusedWhateverTheRegion) {
  const Bytes sound = encode_jpeg(97, 81, {.luma = {2, 2}});
  for (std::size_t size = 0; size < sound.size(); size += 23) {
    const Bytes cut(sound.begin(), sound.begin() + static_cast<std::ptrdiff_t>(size));
    ASSERT_FALSE(decode(cut)) << size;
    ASSERT_FALSE(decode(cut, Rect{0, 0, 8, 8})) << size;
  }
}

TEST_P(NativeDecoderTest, DamageOfOneFileDoesNotReachTheNext) {
  const Bytes sound = encode_jpeg(97, 81, {.luma = {2, 2}});
  const RgbImage expected = decode_all(libjpeg_, sound);
  test::Damage damage;
  for (int i = 0; i < 100; ++i) {
    Bytes file = encode_jpeg(300, 20, {.seed = 7});
    damage.inflict(file);
    decode(file);
    ASSERT_EQ(decode(sound), expected);
  }
}

TEST_P(NativeDecoderTest, OtherKindsAreLeftToLibjpeg) {
  for (const JpegOptions& options :
       {JpegOptions{.progressive = true}, JpegOptions{.arithmetic = true}, JpegOptions{.separate_scans = true},
        JpegOptions{.colour = JpegColour::rgb}, JpegOptions{.colour = JpegColour::cmyk},
        JpegOptions{.colour = JpegColour::ycck}, JpegOptions{.luma = {4, 1}}, JpegOptions{.luma = {1, 4}},
        JpegOptions{.luma = {2, 2}, .chroma = {2, 1}}, JpegOptions{.luma = {1, 1}, .chroma = {2, 2}}}) {
    EXPECT_FALSE(native_.open(encode_jpeg(61, 47, options))) << described(options);
  }
}

TEST_P(NativeDecoderTest, NarrowImagesWithHalvedChromaAreLeftToLibjpeg) {
  for (int width = 1; width < narrowest; ++width) {
    EXPECT_FALSE(native_.open(encode_jpeg(width, 9, {.luma = {2, 2}}))) << width;
    ASSERT_NO_FATAL_FAILURE(expect_equal(width, 9, {.luma = {1, 2}}, 1));
  }
}

/// Half, a quarter or an eighth of an image by either decoder.
class ShrunkTest : public NativeDecoderTest {
 protected:
  static std::optional<RgbImage> shrunk(Decoder& decoder, const Bytes& file, double scale,
                                        const std::optional<Rect>& region = {}) {
    try {
      decoder.open(file);
      const std::optional<PixelGrid> grid = decoder.shrink(scale);
      if (!grid || grid->width * grid->height > 1'000'000) return std::nullopt;
      return copy(decoder.decode(region.value_or(Rect{0, 0, grid->width, grid->height})));
    } catch (const SampleFailure&) {
      return std::nullopt;
    }
  }

  void expect_equal_shrunk(int width, int height, const JpegOptions& options, int regions) {
    const Bytes file = encode_jpeg(width, height, options);
    for (const double scale : {0.5, 0.25, 0.125}) {
      const auto where = fmt::format("{}x{} to {}, {}", width, height, scale, described(options));
      const std::optional<RgbImage> expected = shrunk(libjpeg_, file, scale);
      ASSERT_TRUE(expected) << where;
      ASSERT_EQ(shrunk(both_, file, scale), expected) << where;
      for (int i = 0; i < regions; ++i) {
        const Rect region = region_of(expected->width, expected->height);
        ASSERT_EQ(shrunk(both_, file, scale, region), crop(*expected, region)) << where;
        ASSERT_EQ(shrunk(libjpeg_, file, scale, region), crop(*expected, region)) << where;
      }
    }
  }

  Decoder both_;
};

TEST_P(ShrunkTest, EqualsLibjpegForEverySize) {
  int turn = 0;
  for (JpegOptions options : kinds) {
    for (int width = 1; width <= 70; width += width < 36 ? 3 : 7) {
      for (int height = 1; height <= 52; height += height < 20 ? 3 : 9) {
        options.quality = std::vector{2, 30, 75, 95, 100}[static_cast<std::size_t>(++turn) % 5];
        options.restart_interval = turn % 3 == 0 ? 1 + turn % 7 : 0;
        options.seed = static_cast<std::uint32_t>(turn);
        ASSERT_NO_FATAL_FAILURE(expect_equal_shrunk(width, height, options, 1));
      }
    }
  }
  EXPECT_GT(both_.decoded_native(), 5 * both_.decoded_fallback());
}

TEST_P(ShrunkTest, EqualsLibjpegOfLargerImages) {
  for (JpegOptions options : kinds) {
    ASSERT_NO_FATAL_FAILURE(expect_equal_shrunk(331, 257, options, 10));
    options.restart_interval = 11;
    options.quality = 98;
    ASSERT_NO_FATAL_FAILURE(expect_equal_shrunk(257, 331, options, 10));
  }
}

/// Sums that no sound file has: where they wrap and where they saturate is libjpeg-turbo's vector code.
TEST_P(ShrunkTest, DivisorsFarTooLargeComeOutAsByLibjpeg) {
  for (JpegOptions options : kinds) {
    for (const int quality : {60, 100}) {
      options.quality = quality;
      Bytes file = encode_jpeg(97, 61, options);
      for (std::size_t i = 2; i + 4 < file.size() && file[i] == std::byte{0xFF} && file[i + 1] != std::byte{0xDA};) {
        const std::size_t length =
            std::to_integer<std::size_t>(file[i + 2]) << 8 | std::to_integer<std::size_t>(file[i + 3]);
        const bool divisors = file[i + 1] == std::byte{0xDB};
        if (divisors) std::fill_n(file.begin() + static_cast<std::ptrdiff_t>(i) + 5, 64, std::byte{255});
        i += 2 + length;
      }
      for (const double scale : {0.5, 0.25, 0.125}) {
        ASSERT_EQ(shrunk(both_, file, scale), shrunk(libjpeg_, file, scale)) << described(options) << " to " << scale;
      }
    }
  }
  EXPECT_GT(both_.decoded_native(), 20U);
}

TEST_P(ShrunkTest, DamagedFilesComeOutAsByLibjpegAlone) {
  test::Damage damage;
  int accepted = 0;
  for (const JpegOptions& options : kinds) {
    const Bytes sound = encode_jpeg(61, 47, options);
    for (int i = 0; i < 400; ++i) {
      Bytes file = sound;
      damage.inflict(file);
      const double scale = std::vector{0.5, 0.25, 0.125}[static_cast<std::size_t>(i) % 3];
      const std::optional<RgbImage> found = shrunk(both_, file, scale);
      accepted += found ? 1 : 0;
      ASSERT_EQ(found, shrunk(libjpeg_, file, scale)) << described(options) << ", blow " << i;
    }
  }
  EXPECT_GT(accepted, 300);
}

INSTANTIATE_TEST_SUITE_P(, ShrunkTest, ::testing::ValuesIn(kernel_targets()), test::target_name);
INSTANTIATE_TEST_SUITE_P(, NativeDecoderTest, ::testing::ValuesIn(kernel_targets()), test::target_name);

TEST(NativeDecoder, ReadsTheOrientation) {
  for (int orientation = 1; orientation <= 8; ++orientation) {
    const Bytes file = encode_jpeg(61, 47, {.exif_orientation = orientation});
    NativeDecoder native;
    const std::optional<StoredHeader> header = native.open(file);
    ASSERT_TRUE(header);
    EXPECT_EQ(header->orientation, orientation);
    EXPECT_EQ(header->width, 61U);
    EXPECT_EQ(header->height, 47U);
  }
}

TEST(JpegDecoder, CountsWhoDecoded) {
  Decoder decoder;
  decode_all(decoder, encode_jpeg(61, 47));
  decode_all(decoder, encode_jpeg(61, 47, {.progressive = true}));
  decode_all(decoder, encode_jpeg(61, 47, {.luma = {2, 2}}));
  EXPECT_EQ(decoder.decoded_native(), 2U);
  EXPECT_EQ(decoder.decoded_fallback(), 1U);

  Decoder libjpeg(DecodeLimits{}, JpegDecoding::libjpeg);
  decode_all(libjpeg, encode_jpeg(61, 47));
  EXPECT_EQ(libjpeg.decoded_native(), 0U);
  EXPECT_EQ(libjpeg.decoded_fallback(), 1U);
}

TEST(JpegDecoder, FallsBackInTheMiddleOfADamagedImage) {
  Bytes file = encode_jpeg(200, 150, {.restart_interval = 3});
  // The number of a restart marker: libjpeg-turbo warns and goes on.
  for (std::size_t i = file.size() / 2;; ++i) {
    if (file[i] == std::byte{0xFF} && file[i + 1] != std::byte{0}) {
      file[i + 1] ^= std::byte{1};
      break;
    }
  }
  Decoder decoder;
  Decoder libjpeg(DecodeLimits{}, JpegDecoding::libjpeg);
  EXPECT_EQ(decode_all(decoder, file), decode_all(libjpeg, file));
  EXPECT_EQ(decoder.decoded_fallback(), 1U);
}

}  // namespace
}  // namespace slabring::native_jpeg
