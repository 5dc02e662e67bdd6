#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

namespace slabring::test {

/// Writes a binary PPM of photo-like gradients that differ by `seed`.
inline void write_ppm(const std::filesystem::path& file, int width, int height, unsigned seed) {
  std::ofstream out(file, std::ios::binary);
  out << "P6\n" << width << ' ' << height << "\n255\n";
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const unsigned base = seed * 37U + static_cast<unsigned>(x * 5 + y * 3);
      const char pixel[3] = {static_cast<char>(base), static_cast<char>(base * 3U + 11U),
                             static_cast<char>(static_cast<unsigned>(x * y) ^ seed)};
      out.write(pixel, 3);
    }
  }
}

/// `classes` folders of `per_class` PPM files of varying size, beneath `root`.
inline void write_image_tree(const std::filesystem::path& root, int classes, int per_class) {
  for (int c = 0; c < classes; ++c) {
    const auto folder = root / fmt::format("class{:02}", c);
    std::filesystem::create_directories(folder);
    for (int i = 0; i < per_class; ++i) {
      const int number = c * per_class + i;
      write_ppm(folder / fmt::format("image{:03}.ppm", i), 40 + number % 17, 30 + number % 23,
                static_cast<unsigned>(number));
    }
  }
}

}  // namespace slabring::test
