// write_seeds FOLDER: the files that the fuzzers of the decoders begin with, in FOLDER/decode_fuzz_FORMAT and
// FOLDER/tiled_jpeg_fuzz.
#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "fuzz/sound_files.hpp"

namespace {

/// False: they cannot be written.
bool write_all(const std::filesystem::path& folder, const std::vector<slabring::test::Bytes>& seeds) {
  std::filesystem::create_directories(folder);
  int number = 0;
  for (const slabring::test::Bytes& seed : seeds) {
    std::ofstream file(folder / std::to_string(number++), std::ios::binary);
    file.write(reinterpret_cast<const char*>(seed.data()), static_cast<std::streamsize>(seed.size()));
    if (!file) return false;
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace slabring;
  if (argc != 2) return 2;
  const std::filesystem::path seeds(argv[1]);
  for (const ImageFormat format : formats_read()) {
    std::string name = to_string(format);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    if (!write_all(seeds / ("decode_fuzz_" + name), test::sound_files(format))) return 1;
  }
  return write_all(seeds / "tiled_jpeg_fuzz", test::tiled_files()) ? 0 : 1;
}
