#include "decode/jpeg_decoder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "decode/jpeg_window.hpp"
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
using test::JpegColour;
using test::JpegOptions;
using test::RgbImage;
using testing::HasSubstr;

std::ptrdiff_t offset(std::size_t at) { return static_cast<std::ptrdiff_t>(at); }

/// The marker segments of one kind, from their marker to their end.
std::vector<std::pair<std::size_t, std::size_t>> segments(const Bytes& file, int marker) {
  std::vector<std::pair<std::size_t, std::size_t>> found;
  for (std::size_t at = 2; at + 4 <= file.size();) {
    const auto byte = [&](std::size_t i) { return std::to_integer<int>(file[at + i]); };
    const std::size_t end = at + 2 + static_cast<std::size_t>(byte(2) * 256 + byte(3));
    if (byte(1) == marker) found.emplace_back(at, end);
    if (byte(1) == 0xDA) break;  // the scan begins
    at = end;
  }
  return found;
}

Bytes without_segments(Bytes file, int marker) {
  auto found = segments(file, marker);
  std::ranges::reverse(found);
  for (const auto& [first, last] : found) file.erase(file.begin() + offset(first), file.begin() + offset(last));
  return file;
}

SampleStatus status_of_region(Decoder& decoder, const Bytes& file, const Rect& region) {
  try {
    decode_region(decoder, file, region);
  } catch (const SampleFailure& failure) {
    return failure.status();
  }
  return SampleStatus::ok;
}

TEST(JpegDecoder, FileThatWasCutOffIsRefusedWhateverTheRegion) {
  Decoder decoder;
  for (const JpegOptions& options : {JpegOptions{}, JpegOptions{.luma = {2, 2}}, JpegOptions{.progressive = true},
                                     JpegOptions{.restart_interval = 4}, JpegOptions{.colour = JpegColour::cmyk}}) {
    const Bytes sound = encode_jpeg(97, 81, options);
    const std::size_t scan = segments(sound, 0xDA).front().second;
    for (std::size_t size = 1; size < sound.size() - 2; size += size < scan ? 13 : 101) {
      const Bytes cut(sound.begin(), sound.begin() + offset(size));
      const SampleStatus expected = size < 3 ? SampleStatus::unknown_format : SampleStatus::truncated;
      ASSERT_EQ(failure_of(decoder, cut).status(), expected) << size << " of " << sound.size() << " bytes";
      ASSERT_EQ(status_of_region(decoder, cut, {0, 0, 8, 8}), expected) << size << " of " << sound.size() << " bytes";
    }
  }
}

TEST(JpegDecoder, MissingEndMarkerBehindAllPixelsIsNoError) {
  const Bytes sound = encode_jpeg(97, 81);
  Bytes file(sound.begin(), sound.end() - 2);
  // libjpeg looks ahead a few bytes.
  file.insert(file.end(), 8, std::byte{0});
  EXPECT_EQ(decode_all(file), decode_all(sound));
}

TEST(JpegDecoder, MarkerThatEndsTheScanEarlyIsRefusedWhateverTheRegion) {
  Bytes file = encode_jpeg(97, 81);
  const std::size_t middle = file.size() * 3 / 4;
  file[middle] = std::byte{0xFF};
  file[middle + 1] = std::byte{0x74};  // reserved
  Decoder decoder;
  EXPECT_EQ(failure_of(decoder, file).status(), SampleStatus::corrupt);
  EXPECT_EQ(status_of_region(decoder, file, {0, 0, 8, 8}), SampleStatus::corrupt);
}

TEST(JpegDecoder, TablesOfOneFileDoNotServeTheNext) {
  const Bytes sound = encode_jpeg(40, 30);
  const Bytes no_quantization = without_segments(sound, 0xDB);
  Decoder decoder;
  EXPECT_EQ(failure_of(decoder, no_quantization).status(), SampleStatus::corrupt);
  decode_all(decoder, sound);
  const SampleFailure failure = failure_of(decoder, no_quantization);
  EXPECT_EQ(failure.status(), SampleStatus::corrupt);
  EXPECT_THAT(failure.what(), HasSubstr("libjpeg: Quantization table 0x00 was not defined"));
}

TEST(JpegDecoder, MotionJpegWithoutHuffmanTablesUsesTheStandardOnesAlsoAfterAnotherFile) {
  const Bytes sound = encode_jpeg(40, 30);
  const Bytes motion = without_segments(sound, 0xC4);
  ASSERT_LT(motion.size(), sound.size());
  Decoder decoder;
  decode_all(decoder, encode_jpeg(40, 30, {.optimized_tables = true, .seed = 9}));
  EXPECT_EQ(decode_all(decoder, motion), decode_all(sound));
}

TEST(JpegDecoder, FileOfMoreScansThanAllowedIsRefused) {
  const Bytes file = encode_jpeg(40, 30, {.progressive = true});
  const auto scans = static_cast<int>(std::count(file.begin(), file.end(), std::byte{0xDA}));
  ASSERT_GE(scans, 5);
  DecodeLimits limits;
  limits.max_jpeg_scans = 4;
  Decoder strict(limits);
  const SampleFailure failure = failure_of(strict, file);
  EXPECT_EQ(failure.status(), SampleStatus::too_large);
  EXPECT_THAT(failure.what(), HasSubstr("more than 4 scans"));
  EXPECT_EQ(failure_of(file).status(), SampleStatus::ok);
}

// The same scan over and over, which every decoder would have to read.
TEST(JpegDecoder, ScanBombEndsAtTheLimit) {
  Bytes file = encode_jpeg(600, 400, {.progressive = true});
  const std::size_t first = segments(file, 0xDA).front().first;
  const Bytes tables = bytes_of("\xFF\xC4");
  const auto next = std::search(file.begin() + offset(first) + 2, file.end(), tables.begin(), tables.end());
  const Bytes scan(file.begin() + offset(first), next);
  Bytes bomb(file.begin(), next);
  for (int i = 0; i < 1000; ++i) bomb.insert(bomb.end(), scan.begin(), scan.end());
  DecodeLimits limits;
  limits.max_jpeg_scans = 20;
  Decoder decoder(limits);
  EXPECT_EQ(failure_of(decoder, bomb).status(), SampleStatus::too_large);
}

TEST(JpegDecoder, TwelveBitsASampleAreUnsupported) {
  Bytes file = encode_jpeg(16, 16);
  file[segments(file, 0xC0).front().first + 4] = std::byte{12};
  const SampleFailure failure = failure_of(file);
  EXPECT_EQ(failure.status(), SampleStatus::unsupported);
  EXPECT_THAT(failure.what(), HasSubstr("12"));
}

TEST(JpegDecoder, LosslessJpegIsUnsupported) {
  Bytes file = encode_jpeg(16, 16);
  file[segments(file, 0xC0).front().first + 1] = std::byte{0xC3};
  EXPECT_EQ(failure_of(file).status(), SampleStatus::unsupported);
}

TEST(JpegDecoder, TwoComponentsAreUnsupported) {
  Bytes file = encode_jpeg(16, 16);
  const std::size_t frame = segments(file, 0xC0).front().first, scan = segments(file, 0xDA).front().first;
  file[scan + 4] = std::byte{2};
  file.erase(file.begin() + offset(scan) + 9, file.begin() + offset(scan) + 11);
  file[scan + 3] = std::byte{10};
  file[frame + 9] = std::byte{2};
  file.erase(file.begin() + offset(frame) + 16, file.begin() + offset(frame) + 19);
  file[frame + 3] = std::byte{14};
  const SampleFailure failure = failure_of(file);
  EXPECT_EQ(failure.status(), SampleStatus::unsupported);
  EXPECT_THAT(failure.what(), HasSubstr("2 colour components"));
}

TEST(JpegDecoder, NothingIsPrinted) {
  Bytes damaged = encode_jpeg(97, 81);
  for (std::size_t i = damaged.size() / 2; i < damaged.size() / 2 + 20; ++i) damaged[i] = std::byte{0x5A};
  testing::internal::CaptureStderr();
  testing::internal::CaptureStdout();
  failure_of(damaged);
  failure_of(without_segments(damaged, 0xDB));
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "");
}

// ---- the window -----------------------------------------------------------------------------------------------------

constexpr JpegGrid grid_420{500, 375, 16, 16, true};

TEST(JpegWindow, KeepsAMarginOfOneUnitOnEachSide) {
  const JpegWindow window = plan_window({100, 90, 50, 60}, grid_420);
  EXPECT_EQ(window.x, 5 * 16);                  // column 100 lies in unit 6
  EXPECT_EQ(window.x + window.width, 11 * 16);  // column 149 lies in unit 9, the margin is unit 10
  EXPECT_EQ(window.skipped_rows, 4 * 16 + 1);   // row 90 lies in unit 5
}

TEST(JpegWindow, EndsAtTheImage) {
  const JpegWindow all = plan_window({0, 0, 500, 375}, grid_420);
  EXPECT_EQ(all.x, 0);
  EXPECT_EQ(all.width, 500);
  EXPECT_EQ(all.skipped_rows, 0);
  const JpegWindow corner = plan_window({490, 370, 10, 5}, grid_420);
  EXPECT_EQ(corner.x + corner.width, 500);
}

TEST(JpegWindow, SkipsWholeUnitsWhereRowsAreNotBlended) {
  EXPECT_EQ(plan_window({0, 90, 50, 60}, {500, 375, 8, 8, false}).skipped_rows, 80);
}

}  // namespace
}  // namespace slabring
