// Without libFuzzer: its seeds, and damaged ones, through the same function.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "support/damage.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace slabring {
namespace {

/// In the order of their names, so that the damage is the same each time.
std::vector<test::Bytes> seeds() {
  std::vector<std::filesystem::path> names;
  for (const auto& entry : std::filesystem::directory_iterator(NATIVE_JPEG_SEEDS)) names.push_back(entry.path());
  std::ranges::sort(names);
  std::vector<test::Bytes> files;
  for (const std::filesystem::path& name : names) {
    std::ifstream in(name, std::ios::binary);
    test::Bytes& file = files.emplace_back();
    std::transform(std::istreambuf_iterator<char>(in), {}, std::back_inserter(file),
                   [](char byte) { return static_cast<std::byte>(byte); });
  }
  return files;
}

TEST(NativeJpegFuzzReplay, SeedsAndDamagedOnesPass) {
  const std::vector<test::Bytes> files = seeds();
  EXPECT_GE(files.size(), 20U);
  test::replay(&LLVMFuzzerTestOneInput, files, 300);
}

}  // namespace
}  // namespace slabring
