// Without libFuzzer: sound files of every kind, and thousands of damaged ones, through the same function.
#include <gtest/gtest.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "fuzz/sound_files.hpp"
#include "support/damage.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace slabring {
namespace {

using test::Bytes;

std::vector<Bytes> sound_files() {
  std::vector<Bytes> files;
  for (const ImageFormat format : formats_read()) {
    for (Bytes& file : test::sound_files(format)) files.push_back(std::move(file));
  }
  return files;
}

TEST(DecodeFuzzReplay, SoundFilesAreOfTheirFormat) {
  for (const ImageFormat format : formats_read()) {
    for (const Bytes& file : test::sound_files(format)) {
      Decoder decoder;
      EXPECT_EQ(decoder.open(file).format, format);
    }
  }
}

TEST(DecodeFuzzReplay, SoundAndDamagedFilesPass) { test::replay(&LLVMFuzzerTestOneInput, sound_files(), 600); }

}  // namespace
}  // namespace slabring
