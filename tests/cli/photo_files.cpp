#include "photo_files.hpp"

#include <algorithm>
#include <filesystem>
#include <stdexcept>

#include "run_program.hpp"

namespace slabring::test {

std::vector<std::string> photo_files(std::size_t count) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(photos())) {
    if (entry.is_regular_file()) files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  if (files.size() < count) throw std::runtime_error(photos() + " holds too few files");
  files.resize(count);
  return files;
}

std::string with_frame_size(std::string bytes, int width, int height) {
  const auto at = [&bytes](std::size_t i) { return static_cast<std::size_t>(static_cast<unsigned char>(bytes.at(i))); };
  const auto put = [&bytes](std::size_t i, int value) {
    bytes.at(i) = static_cast<char>(value >> 8);
    bytes.at(i + 1) = static_cast<char>(value & 0xff);
  };
  // Segments follow the two bytes of SOI: FF, marker, length (which counts itself), contents.
  for (std::size_t segment = 2; at(segment) == 0xff; segment += 2 + (at(segment + 2) << 8) + at(segment + 3)) {
    const bool frame = at(segment + 1) >= 0xc0 && at(segment + 1) <= 0xc2;
    if (!frame) continue;
    put(segment + 5, height);
    put(segment + 7, width);
    return bytes;
  }
  throw std::runtime_error("no frame header");
}

}  // namespace slabring::test
