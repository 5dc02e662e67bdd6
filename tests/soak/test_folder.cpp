#include "test_folder.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <fstream>
#include <string_view>

#include "support/encode_image.hpp"

namespace slabring::soak {
namespace {

using test::Bytes;

Bytes bytes_of(std::string_view text) {
  const auto all = std::as_bytes(std::span(text));
  return {all.begin(), all.end()};
}

Bytes sound(std::size_t number) {
  const auto seed = static_cast<std::uint32_t>(number);
  test::RgbImage image = test::photo(40 + static_cast<int>(number % 31), 30 + static_cast<int>(number % 23), seed);
  switch (number % 8) {
    case 0: return test::encode_png(image);
    case 1: return test::encode_bmp(image);
    case 2: return test::encode_gif(image);
    case 3: return test::encode_tga(image, number % 16 < 8);
    case 4: return test::encode_ppm(image);
    case 5: return test::encode_jpeg(image, {.progressive = true});
    default: return test::encode_jpeg(image, {.luma = {2, 2}, .exif_orientation = static_cast<int>(number % 9)});
  }
}

Bytes broken(std::size_t way, std::size_t number) {
  Bytes bytes = sound(number);
  switch (way % 6) {
    case 0: return {};
    case 1: return bytes_of("this is a text, whatever its name says");
    case 2: bytes.resize(bytes.size() / 2); return bytes;
    case 3: return bytes_of("P6\n65500 65500\n255\n");
    case 4: bytes.resize(12); return bytes;
    default: {
      Bytes jpeg = test::encode_jpeg(test::photo(64, 64, static_cast<std::uint32_t>(number)));
      jpeg.resize(jpeg.size() - 200);
      return jpeg;
    }
  }
}

}  // namespace

std::size_t write_folder(const std::filesystem::path& root, std::size_t count) {
  constexpr std::size_t one_in = 50;
  std::size_t bad = 0;
  for (std::size_t number = 0; number < count; ++number) {
    const auto folder = root / fmt::format("class{}", number % 5);
    std::filesystem::create_directories(folder);
    const bool is_bad = number % one_in == one_in - 1;
    const Bytes bytes = is_bad ? broken(bad++, number) : sound(number);
    std::ofstream(folder / fmt::format("{:05}.jpg", number), std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  }
  return bad;
}

}  // namespace slabring::soak
