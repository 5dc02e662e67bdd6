// write_seeds FOLDER: the files that the fuzzers of the decoders begin with, in FOLDER/decode_fuzz_FORMAT.
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <string>

#include "fuzz/sound_files.hpp"

int main(int argc, char** argv) {
  using namespace slabring;
  if (argc != 2) return 2;
  for (const ImageFormat format : formats_read()) {
    std::string name = to_string(format);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    const std::filesystem::path folder = std::filesystem::path(argv[1]) / ("decode_fuzz_" + name);
    std::filesystem::create_directories(folder);
    int number = 0;
    for (const test::Bytes& seed : test::sound_files(format)) {
      std::ofstream file(folder / std::to_string(number++), std::ios::binary);
      file.write(reinterpret_cast<const char*>(seed.data()), static_cast<std::streamsize>(seed.size()));
      if (!file) return 1;
    }
  }
  return 0;
}
