// write_photos FOLDER: a small folder of class folders that the tests of the command share; 60 files in 4 classes,
// every kind of file among them that a photo collection has. The first file is a plain baseline JPEG.

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "support/encode_image.hpp"

namespace {

namespace fs = std::filesystem;
using namespace slabring::test;

constexpr int classes = 4;
constexpr int files_a_class = 15;

struct File {
  const char* extension;
  Bytes bytes;
};

File file_number(int number) {
  const int width = 120 + number * 37 % 150;
  const int height = 90 + number * 53 % 170;
  const auto seed = static_cast<std::uint32_t>(number + 1);
  const Sampling halved{2, 2};
  switch (number % 8) {
    case 1: return {"jpg", encode_jpeg(width, height, {.luma = halved, .seed = seed})};
    case 2: return {"JPEG", encode_jpeg(width, height, {.colour = JpegColour::grey, .seed = seed})};
    case 3: return {"jpg", encode_jpeg(width, height, {.luma = halved, .progressive = true, .seed = seed})};
    case 4: return {"jpg", encode_jpeg(width, height, {.exif_orientation = 6, .seed = seed})};
    case 5: return {"jpeg", encode_jpeg(width, height, {.colour = JpegColour::ycck, .seed = seed})};
    case 6: return {"png", encode_png(photo(width, height, seed))};
    default: return {"jpg", encode_jpeg(width, height, {.seed = seed})};
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  for (int number = 0; number != classes * files_a_class; ++number) {
    const fs::path folder = fs::path(argv[1]) / fmt::format("class{}", number / files_a_class);
    fs::create_directories(folder);
    const File file = file_number(number);
    std::ofstream out(folder / fmt::format("{:03}.{}", number, file.extension), std::ios::binary);
    out.write(reinterpret_cast<const char*>(file.bytes.data()), static_cast<std::streamsize>(file.bytes.size()));
    if (!out.flush()) return 1;
  }
  return 0;
}
