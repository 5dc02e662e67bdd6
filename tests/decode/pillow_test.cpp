// Compares with what Pillow made of the same files: see pillow_cases.py, which ctest runs first.
//
//   decode_pillow_test           compares
//   decode_pillow_test --write   empties the folder and writes the files that Pillow itself cannot write
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "decode/webp_decoder.hpp"
#include "support/decode_image.hpp"
#include "support/encode_image.hpp"

namespace slabring {
namespace {

namespace fs = std::filesystem;
using test::Bytes;
using test::JpegColour;
using test::JpegOptions;
using test::RgbImage;

const fs::path cases_folder = PILLOW_CASES;

Bytes read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  return test::bytes_of(text);
}

/// Pillow's pixels; nullopt: it refused.
std::optional<RgbImage> reference_of(const fs::path& path) {
  const Bytes reference = read_file(path.string() + ".rgb");
  if (reference.empty()) return std::nullopt;
  std::uint32_t sides[2];
  std::memcpy(sides, reference.data(), sizeof sides);
  RgbImage image{static_cast<int>(sides[0]), static_cast<int>(sides[1]), {}};
  for (std::size_t i = sizeof sides; i < reference.size(); ++i)
    image.pixels.push_back(std::to_integer<std::uint8_t>(reference[i]));
  return image;
}

/// Those that this build reads.
std::vector<fs::path> files_in(const char* subfolder) {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(cases_folder / subfolder)) {
    const std::string extension = entry.path().extension().string();
    if (extension == ".webp" && !webp_is_read()) continue;
    if (extension != ".rgb" && extension != ".refused") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

/// The decoder's answer to one file beside Pillow's.
struct Answer {
  std::optional<RgbImage> expected;
  std::optional<RgbImage> delivered;
  SampleFailure failure{SampleStatus::ok, ""};
};

Answer answer_to(Decoder& decoder, const fs::path& path) {
  Answer answer;
  answer.expected = reference_of(path);
  const Bytes file = read_file(path);
  answer.failure = test::failure_of(decoder, file);
  if (answer.failure.status() == SampleStatus::ok) answer.delivered = test::decode_all(decoder, file);
  return answer;
}

class Pillow : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(fs::exists(cases_folder / "equal")) << "no files in " << cases_folder << "; run this through ctest";
  }
  Decoder decoder_;
};

/// Says what is wrong with an answer that delivers; the file may also be one that Pillow refuses.
void expect_its_pixels(const Answer& answer, const fs::path& path) {
  if (!answer.expected) {
    ADD_FAILURE() << "Pillow refuses " << path.filename();
  } else if (!answer.delivered) {
    ADD_FAILURE() << path.filename() << " is refused: " << answer.failure.what();
  } else {
    EXPECT_EQ(*answer.delivered, *answer.expected) << path.filename();
  }
}

TEST_F(Pillow, SoundFilesGiveItsPixels) {
  const std::vector<fs::path> files = files_in("equal");
  EXPECT_GT(files.size(), 1000u);
  for (const fs::path& path : files) expect_its_pixels(answer_to(decoder_, path), path);
}

TEST_F(Pillow, OddFilesGiveItsPixelsOrAreUnsupported) {
  for (const fs::path& path : files_in("either")) {
    const Answer answer = answer_to(decoder_, path);
    if (answer.delivered) {
      expect_its_pixels(answer, path);
    } else {
      EXPECT_EQ(answer.failure.status(), SampleStatus::unsupported) << path.filename() << ": " << answer.failure.what();
    }
  }
}

TEST_F(Pillow, BrokenFilesAreRefusedAsByIt) {
  for (const fs::path& path : files_in("refused")) {
    const Answer answer = answer_to(decoder_, path);
    EXPECT_FALSE(answer.expected) << "Pillow reads " << path.filename();
    EXPECT_FALSE(answer.delivered) << path.filename() << " is decoded";
  }
}

TEST_F(Pillow, DamagedFilesNeverGiveOtherPixels) {
  int delivered = 0;
  for (const fs::path& path : files_in("damaged")) {
    const Answer answer = answer_to(decoder_, path);
    if (!answer.delivered) continue;
    expect_its_pixels(answer, path);
    ++delivered;
  }
  EXPECT_GT(delivered, 50);
}

TEST_F(Pillow, DamagedJpegsAndWebpsAreRefusedExactlyWhereItDoes) {
  for (const fs::path& path : files_in("damaged")) {
    if (path.extension() != ".jpg" && path.extension() != ".webp") continue;
    const Answer answer = answer_to(decoder_, path);
    EXPECT_EQ(answer.delivered.has_value(), answer.expected.has_value())
        << path.filename() << ": " << answer.failure.what();
  }
}

/// JPEGs of the kinds that only libjpeg writes.
std::map<std::string, JpegOptions> kinds_beyond_pillow() {
  return {
      {"440", {.luma = {1, 2}}},
      {"411", {.luma = {4, 1}}},
      {"441", {.luma = {1, 4}}},
      {"410", {.luma = {4, 2}}},
      {"luma3x1", {.luma = {3, 1}}},
      {"chroma2x2", {.luma = {1, 1}, .chroma = {2, 2}}},
      {"adobe_rgb", {.colour = JpegColour::rgb, .adobe_marker = true}},
      {"rgb_by_ids", {.colour = JpegColour::rgb}},
      {"adobe_ycc", {.luma = {2, 2}, .adobe_marker = true}},
      {"cmyk", {.colour = JpegColour::cmyk}},
      {"ycck", {.colour = JpegColour::ycck}},
      {"ycck420", {.colour = JpegColour::ycck, .luma = {2, 2}}},
      {"ycck_progressive", {.colour = JpegColour::ycck, .progressive = true}},
      {"arithmetic", {.luma = {2, 2}, .arithmetic = true}},
      {"arithmetic_progressive", {.progressive = true, .arithmetic = true}},
      {"separate_scans", {.luma = {2, 1}, .separate_scans = true}},
      {"restart1", {.restart_interval = 1}},
      {"restart5_420", {.luma = {2, 2}, .restart_interval = 5}},
      {"restart3_progressive", {.progressive = true, .restart_interval = 3}},
      {"grey2x2", {.colour = JpegColour::grey, .luma = {2, 2}}},
  };
}

void write_file(const fs::path& path, const Bytes& bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

void write_cases() {
  fs::remove_all(cases_folder);
  fs::create_directories(cases_folder / "equal");
  const std::pair<int, int> sizes[] = {{1, 1}, {17, 9}, {40, 33}, {75, 50}};
  for (auto [name, options] : kinds_beyond_pillow()) {
    for (const auto& [width, height] : sizes) {
      options.exif_orientation = (width + height) % 8 + 1;
      const std::string file = name + "_" + std::to_string(width) + "x" + std::to_string(height) + ".jpg";
      write_file(cases_folder / "equal" / file, test::encode_jpeg(width, height, options));
    }
  }
}

}  // namespace
}  // namespace slabring

int main(int argc, char** argv) {
  if (argc == 2 && argv[1] == std::string_view("--write")) {
    slabring::write_cases();
    return 0;
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
