// docs/refused.md says what becomes of each kind of file that is refused; here the decoder says it. A sentence that was
// changed is written down by `refused_test --write`.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include "decode/crc32.hpp"
#include "decode/webp_decoder.hpp"
#include "support/decode_image.hpp"
#include "support/encode_image.hpp"

namespace slabring {
namespace {

namespace fs = std::filesystem;
using test::Bytes;
using test::bytes_of;
using test::encode_jpeg;
using test::photo;

const fs::path sheet = fs::path(REPOSITORY) / "docs" / "refused.md";
constexpr std::string_view table_begin = "| file | code | sentence | examined by |\n| --- | --- | --- | --- |\n";

/// One kind of file, and the test that looks at it more closely than this one.
struct Refused {
  const char* kind;
  Bytes file;
  const char* test;
  DecodeLimits limits{};
};

void append(Bytes& bytes, const Bytes& more) { bytes.insert(bytes.end(), more.begin(), more.end()); }

Bytes with_byte(Bytes file, std::size_t at, int value) {
  file.at(at) = static_cast<std::byte>(value);
  return file;
}

Bytes cut(const Bytes& file) { return {file.begin(), file.begin() + static_cast<std::ptrdiff_t>(file.size() / 2)}; }

Bytes zeros_behind(std::string_view text, std::size_t zeros) {
  Bytes bytes = bytes_of(text);
  bytes.resize(bytes.size() + zeros);
  return bytes;
}

// ---- JPEG -----------------------------------------------------------------------------------------------------------

/// Where the first marker segment of this kind begins.
std::size_t segment(const Bytes& jpeg, int marker) {
  return test::find(jpeg, {std::byte{0xFF}, static_cast<std::byte>(marker)});
}

Bytes jpeg_of_65500_pixels_a_side() {
  Bytes file = encode_jpeg(16, 16);
  const std::size_t sides = segment(file, 0xC0) + 5;
  for (std::size_t i = 0; i < 4; ++i) file[sides + i] = i % 2 == 0 ? std::byte{0xFF} : std::byte{0xDC};
  return file;
}

Bytes jpeg_without_quantization() {
  Bytes file = encode_jpeg(16, 16, {.colour = test::JpegColour::grey});
  const std::size_t first = segment(file, 0xDB);
  const std::size_t size = 2 + std::to_integer<std::size_t>(file[first + 3]);
  file.erase(file.begin() + static_cast<std::ptrdiff_t>(first),
             file.begin() + static_cast<std::ptrdiff_t>(first + size));
  return file;
}

Bytes jpeg_of_two_components() {
  Bytes file = encode_jpeg(16, 16);
  const std::size_t frame = segment(file, 0xC0), scan = segment(file, 0xDA);
  const auto erase = [&](std::size_t at, std::size_t size) {
    file.erase(file.begin() + static_cast<std::ptrdiff_t>(at), file.begin() + static_cast<std::ptrdiff_t>(at + size));
  };
  file[scan + 3] = std::byte{10};
  file[scan + 4] = std::byte{2};
  erase(scan + 9, 2);
  file[frame + 3] = std::byte{14};
  file[frame + 9] = std::byte{2};
  erase(frame + 16, 3);
  return file;
}

// ---- PNG ------------------------------------------------------------------------------------------------------------

constexpr std::size_t png_header_at = 8, png_header_bytes = 25;

Bytes big_endian(std::uint32_t value) {
  Bytes bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<std::byte>(value >> shift));
  return bytes;
}

Bytes png_chunk(std::string_view kind, const Bytes& data) {
  Bytes checked = bytes_of(kind), bytes = big_endian(static_cast<std::uint32_t>(data.size()));
  append(checked, data);
  append(bytes, checked);
  append(bytes, big_endian(crc32(checked)));
  return bytes;
}

/// `png` with another header.
Bytes png_said_to_be(const Bytes& png, std::uint32_t width, std::uint32_t height, int depth) {
  Bytes header = big_endian(width);
  append(header, big_endian(height));
  for (const int value : {depth, 2, 0, 0, 0}) header.push_back(static_cast<std::byte>(value));
  const auto first = png.begin() + png_header_at;
  Bytes file(png.begin(), first);
  append(file, png_chunk("IHDR", header));
  file.insert(file.end(), first + png_header_bytes, png.end());
  return file;
}

Bytes png_with_a_smaller_first_frame(const Bytes& png) {
  Bytes frame = big_endian(0);
  append(frame, big_endian(5));
  append(frame, big_endian(4));
  frame.resize(26);
  const auto first = png.begin() + png_header_at + png_header_bytes;
  Bytes file(png.begin(), first);
  append(file, png_chunk("fcTL", frame));
  file.insert(file.end(), first, png.end());
  return file;
}

// ---- all ------------------------------------------------------------------------------------------------------------

std::vector<Refused> any_format() {
  return {
      {"of no bytes", {}, "Decoder.EmptyInputIsEmpty"},
      {"larger than `max_file_bytes` (here 1000)",
       Bytes(1001),
       "Decoder.FileOverTheLimitIsRefused",
       {.max_file_bytes = 1000}},
      {"with more than `max_pixels`", jpeg_of_65500_pixels_a_side(),
       "Decoder.JpegOverThePixelLimitIsRefusedWithTheNumbers"},
      {"that is text", bytes_of("<!DOCTYPE html>"), "Decoder.TextIsAnUnknownFormatAndIsShown"},
      {"TIFF, AVIF, HEIC, JPEG 2000, JPEG XL, icon, PDF, archive ...", bytes_of(std::string_view("II*\0\x08\0\0\0", 8)),
       "Probe.FormatsThatAreNotReadAreNamed"},
  };
}

std::vector<Refused> jpegs() {
  const Bytes sound = encode_jpeg(97, 81);
  const std::size_t frame = segment(sound, 0xC0);
  return {
      {"JPEG, cut off", cut(sound), "JpegDecoder.FileThatWasCutOffIsRefusedWhateverTheRegion"},
      {"JPEG without a table that it needs", jpeg_without_quantization(),
       "JpegDecoder.TablesOfOneFileDoNotServeTheNext"},
      {"JPEG of more than `max_jpeg_scans` (here 4)",
       encode_jpeg(40, 30, {.progressive = true}),
       "JpegDecoder.FileOfMoreScansThanAllowedIsRefused",
       {.max_jpeg_scans = 4}},
      {"JPEG of 12 bits a sample", with_byte(sound, frame + 4, 12), "JpegDecoder.TwelveBitsASampleAreUnsupported"},
      {"JPEG, lossless", with_byte(sound, frame + 1, 0xC3), "JpegDecoder.LosslessJpegIsUnsupported"},
      {"JPEG of 2 components", jpeg_of_two_components(), "JpegDecoder.TwoComponentsAreUnsupported"},
  };
}

std::vector<Refused> pngs() {
  const Bytes sound = test::encode_png(photo(20, 10));
  const Bytes large = test::encode_png({2000, 2000, std::vector<std::uint8_t>(12'000'000)});
  return {
      {"PNG, cut off", cut(sound), "PngDecoder.MissingEndIsTruncated"},
      {"PNG with a wrong checksum", with_byte(sound, sound.size() - 20, 0x55),
       "PngDecoder.DamagedPixelsAreNamedByTheirChecksum"},
      {"PNG of an impossible depth", png_said_to_be(sound, 20, 10, 3), "PngDecoder.ContradictoryHeadersAreCorrupt"},
      {"PNG whose pixels inflate to more than its size", png_said_to_be(large, 2, 2, 8),
       "PngDecoder.PixelsThatInflateToFarMoreThanTheImageAreRefused"},
      {"PNG, animated, whose first frame is smaller", png_with_a_smaller_first_frame(sound),
       "Pillow.OddFilesGiveItsPixelsOrAreUnsupported"},
  };
}

std::vector<Refused> others() {
  test::RgbImage image = photo(20, 10);
  const Bytes bmp = test::encode_bmp(image), tga = test::encode_tga(image), ppm = test::encode_ppm(image);
  const Bytes gif = test::encode_gif(image);
  constexpr std::size_t bmp_compression = 30, tga_palette_bits = 7, gif_literal_bits = 13 + 768 + 10;
  Bytes palette_tga = zeros_behind(std::string_view("\0\1\1\0\0\4\0\x20\0\0\0\0\4\0\4\0\x08\0", 18), 100);
  return {
      {"BMP, cut off", cut(bmp), "Decoder.EveryPrefixOfALosslessFileIsRefused"},
      {"BMP with run lengths", with_byte(bmp, bmp_compression, 1), "Pillow.OddFilesGiveItsPixelsOrAreUnsupported"},
      {"GIF, cut off", cut(gif), "Decoder.EveryPrefixOfALosslessFileIsRefused"},
      {"GIF without a frame", zeros_behind(std::string_view("GIF89a\5\0\5\0\0\0\0;", 14), 0),
       "Pillow.BrokenFilesAreRefusedAsByIt"},
      {"GIF of 1 bit a pixel (the format has 2 or more)", with_byte(gif, gif_literal_bits, 1),
       "Pillow.BrokenFilesAreRefusedAsByIt"},
      {"TGA, cut off", cut(tga), "Decoder.EveryPrefixOfALosslessFileIsRefused"},
      {"TGA with a palette of 32 bits", with_byte(palette_tga, tga_palette_bits, 32),
       "Pillow.BrokenFilesAreRefusedAsByIt"},
      {"PNM, cut off", cut(ppm), "Decoder.EveryPrefixOfALosslessFileIsRefused"},
      {"PNM of types P1 to P4", with_byte(ppm, 1, '4'), "Pillow.OddFilesGiveItsPixelsOrAreUnsupported"},
      {"PNM with an impossible header", bytes_of("P6\n5 5\n70000\n"), "Pillow.BrokenFilesAreRefusedAsByIt"},
  };
}

std::vector<Refused> webps() {
  const Bytes sound = test::encode_webp(photo(40, 30), {.lossless = true});
  Bytes damaged = sound;
  for (std::size_t at = sound.size() - 60; at < sound.size() - 2; ++at) damaged[at] = std::byte{0xFF};
  return {
      {"WebP, cut off", cut(sound), "WebpDecoder.EveryPrefixIsTruncatedWhateverTheRegion"},
      {"WebP with damaged pixels", damaged, "WebpDecoder.DamagedPixelDataIsCorrupt"},
      {"WebP of more than `max_frames` (here 0)",
       sound,
       "WebpDecoder.AnimationOfMoreFramesThanAllowedIsRefused",
       {.max_frames = 0}},
  };
}

std::vector<Refused> make_all_kinds() {
  std::vector<Refused> all = any_format();
  for (const auto& more : {jpegs(), pngs(), others()}) all.insert(all.end(), more.begin(), more.end());
  if (webp_is_read()) {
    for (const Refused& one : webps()) all.push_back(one);
  }
  return all;
}

const std::vector<Refused>& all_kinds() {
  static const std::vector<Refused> all = make_all_kinds();
  return all;
}

std::string line_of(const Refused& refused) {
  Decoder decoder(refused.limits);
  const SampleFailure failure = test::failure_of(decoder, refused.file);
  return fmt::format("| {} | `{}` | {} | `{}` |\n", refused.kind, to_string(failure.status()), failure.what(),
                     refused.test);
}

std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Refused, SheetSaysWhatTheDecoderSays) {
  if (!webp_is_read()) GTEST_SKIP() << "the sheet is that of a build with libwebp";
  const std::string text = text_of(sheet);
  ASSERT_NE(text.find(table_begin), std::string::npos) << sheet;
  for (const Refused& refused : all_kinds()) {
    const std::string line = line_of(refused);
    EXPECT_NE(text.find(line), std::string::npos) << "refused_test --write adds to the sheet: " << line;
  }
}

TEST(Refused, NothingIsAllocatedForPixelsAndTheDecoderWorksOn) {
  const Bytes sound = encode_jpeg(20, 10);
  for (const Refused& refused : all_kinds()) {
    Decoder decoder(refused.limits);
    const SampleFailure failure = test::failure_of(decoder, refused.file);
    EXPECT_NE(failure.status(), SampleStatus::ok) << refused.kind;
    if (failure.status() == SampleStatus::too_large || failure.status() == SampleStatus::unsupported) {
      const bool known_from_the_header_alone = std::string_view(refused.kind).find("inflate") == std::string_view::npos;
      if (known_from_the_header_alone) {
        EXPECT_LE(decoder.scratch_bytes(), 4096u) << refused.kind;
      }
    }
  }
}

TEST(Refused, TestsOfTheSheetExist) {
  std::string sources;
  for (const fs::directory_entry& entry : fs::directory_iterator(fs::path(REPOSITORY) / "tests" / "decode")) {
    if (entry.path().extension() == ".cpp") sources += text_of(entry.path());
  }
  for (const Refused& refused : all_kinds()) {
    const std::string_view test = refused.test;
    const std::size_t dot = test.find('.');
    const std::string name = fmt::format("({}, {})", test.substr(0, dot), test.substr(dot + 1));
    EXPECT_NE(sources.find(name), std::string::npos) << "there is no test " << test;
  }
}

/// Puts the table of today in place of the one in the sheet.
void write_sheet() {
  const std::string text = text_of(sheet);
  const std::size_t first = text.find(table_begin) + table_begin.size();
  const std::size_t last = text.find("\n\n", first);
  std::string lines;
  for (const Refused& refused : all_kinds()) lines += line_of(refused);
  std::ofstream(sheet, std::ios::binary) << text.substr(0, first) << lines << text.substr(last + 1);
}

}  // namespace
}  // namespace slabring

int main(int argc, char** argv) {
  if (argc == 2 && argv[1] == std::string_view("--write")) {
    slabring::write_sheet();
    return 0;
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
