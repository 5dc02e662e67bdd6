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
using test::Damage;

std::vector<Bytes> sound_files() {
  std::vector<Bytes> files;
  for (const ImageFormat format : formats_read()) {
    for (Bytes& file : test::sound_files(format)) files.push_back(std::move(file));
  }
  return files;
}

void put_through(const Bytes& file) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(file.data()), file.size());
}

TEST(DecodeFuzzReplay, SoundFilesPass) {
  for (const ImageFormat format : formats_read()) {
    for (const Bytes& file : test::sound_files(format)) {
      Decoder decoder;
      EXPECT_EQ(decoder.open(file).format, format);
      put_through(file);
    }
  }
}

TEST(DecodeFuzzReplay, DamagedFilesPass) {
  Damage damage;
  for (const Bytes& sound : sound_files()) {
    for (int i = 0; i < 600; ++i) {
      Bytes file = sound;
      damage.inflict(file);
      put_through(file);
    }
  }
}

}  // namespace
}  // namespace slabring
