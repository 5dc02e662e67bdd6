#include "decode/native_jpeg/frame.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "support/encode_image.hpp"

namespace slabring::native_jpeg {
namespace {

using test::encode_jpeg;
using test::JpegColour;
using test::JpegOptions;
using File = std::vector<std::uint8_t>;

File encoded(const JpegOptions& options = {}) {
  const test::Bytes bytes = encode_jpeg(61, 47, options);
  File file(bytes.size());
  std::ranges::transform(bytes, file.begin(), [](std::byte byte) { return std::to_integer<std::uint8_t>(byte); });
  return file;
}

bool is_read(const File& file) {
  Frame frame;
  return read_frame(file, frame);
}

/// Where the first segment with this marker begins.
std::size_t segment(const File& file, std::uint8_t marker) {
  for (std::size_t at = 2; at + 4 <= file.size(); at += 2 + (std::size_t{file[at + 2]} << 8 | file[at + 3])) {
    if (file[at + 1] == marker) return at;
  }
  ADD_FAILURE() << "no such segment";
  return 0;
}

TEST(ZigZag, WalksAlongTheDiagonals) {
  constexpr std::array<int, 10> first{0, 1, 8, 16, 9, 2, 3, 10, 17, 24};
  for (std::size_t i = 0; i < first.size(); ++i) EXPECT_EQ(zigzag.place[i], first[i]);
  EXPECT_EQ(zigzag.place[62], 62);
  EXPECT_EQ(zigzag.place[63], 63);
  std::array<int, 65> seen{};
  for (const std::uint8_t place : zigzag.place) ++seen[place];
  EXPECT_TRUE(std::all_of(seen.begin(), seen.begin() + 64, [](int times) { return times == 1; }));
}

TEST(Frame, SaysWhatTheHeadersSay) {
  const File file = encoded({.luma = {2, 1}, .restart_interval = 300, .exif_orientation = 6});
  Frame frame;
  ASSERT_TRUE(read_frame(file, frame));
  EXPECT_EQ(frame.width, 61);
  EXPECT_EQ(frame.height, 47);
  EXPECT_EQ(frame.components, 3);
  EXPECT_EQ(frame.component[0].horizontal, 2);
  EXPECT_EQ(frame.component[0].vertical, 1);
  EXPECT_EQ(frame.restart_interval, 300);
  EXPECT_EQ(frame.orientation, 6);
  EXPECT_EQ(frame.mcu_columns(), 4);
  EXPECT_EQ(frame.mcu_rows(), 6);
  const std::size_t scan = segment(file, 0xDA);
  EXPECT_EQ(frame.scan_begin, scan + 2 + file[scan + 3]);
}

TEST(Frame, OfGreyHasOneBlockAnMcuWhateverItsSampling) {
  Frame frame;
  ASSERT_TRUE(read_frame(encoded({.colour = JpegColour::grey, .luma = {2, 2}}), frame));
  EXPECT_EQ(frame.mcu_width(), 8);
  EXPECT_EQ(frame.mcu_height(), 8);
}

TEST(Frame, EveryPrefixOfTheHeadersIsRefused) {
  const File file = encoded({.luma = {2, 2}, .restart_interval = 3, .exif_orientation = 2});
  Frame frame;
  ASSERT_TRUE(read_frame(file, frame));
  for (std::size_t size = 0; size < frame.scan_begin; ++size) {
    // Of its own, so that a sanitizer sees what is read behind it.
    EXPECT_FALSE(is_read(File(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size)))) << size;
  }
  EXPECT_TRUE(is_read(File(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(frame.scan_begin))));
}

TEST(Frame, SegmentsThatContradictTheirLengthAreRefused) {
  for (const int marker : {0xC0, 0xC4, 0xDB, 0xDA, 0xDD}) {
    for (const int change : {-1, 1}) {
      File file = encoded({.restart_interval = 3});
      const std::size_t at = segment(file, static_cast<std::uint8_t>(marker));
      file[at + 3] = static_cast<std::uint8_t>(file[at + 3] + change);
      EXPECT_FALSE(is_read(file)) << "marker " << marker;
    }
  }
}

TEST(Frame, SizesThatLibjpegRefusesAreRefused) {
  File file = encoded();
  const std::size_t at = segment(file, 0xC0);
  const auto with_width = [&](int width) {
    file[at + 7] = static_cast<std::uint8_t>(width >> 8);
    file[at + 8] = static_cast<std::uint8_t>(width & 255);
    return is_read(file);
  };
  EXPECT_FALSE(with_width(0));
  EXPECT_TRUE(with_width(65'500));
  EXPECT_FALSE(with_width(65'501));
}

TEST(Frame, TablesThatAreMissingAreRefused) {
  for (const int marker : {0xC4, 0xDB}) {
    File file = encoded();
    const std::size_t at = segment(file, static_cast<std::uint8_t>(marker));
    file[at + 1] = 0xFE;  // a comment
    EXPECT_FALSE(is_read(file)) << "marker " << marker;
  }
}

TEST(Frame, ColoursThatMayNotBeYccAreRefused) {
  File file = encoded();
  const std::size_t jfif = segment(file, 0xE0);
  const std::size_t size = segment(file, 0xC0);
  const std::size_t scan = segment(file, 0xDA);
  file[jfif + 1] = 0xFE;       // a comment
  EXPECT_TRUE(is_read(file));  // by its component numbers
  file[size + 10] = file[scan + 5] = 'Y';
  EXPECT_FALSE(is_read(file));
  file[jfif + 1] = 0xE0;
  EXPECT_TRUE(is_read(file));  // by JFIF
}

}  // namespace
}  // namespace slabring::native_jpeg
