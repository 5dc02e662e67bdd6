// Without libFuzzer: a sound Example and thousands of damaged ones through the same function.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "support/damage.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace slabring {
namespace {

std::string field(char number, const std::string& bytes) {
  return std::string{static_cast<char>(number << 3 | 2), static_cast<char>(bytes.size())} + bytes;
}

test::Bytes sound_example() {
  const std::string image = field(1, field(1, "image/encoded") + field(2, field(1, field(1, "bytes of an image"))));
  const std::string label = field(1, field(1, "image/class/label") + field(2, field(3, field(1, "\x05"))));
  const std::string text = field(1, image + label);
  const auto view = std::as_bytes(std::span(text));
  return {view.begin(), view.end()};
}

TEST(TfExampleFuzzReplay, SoundAndDamagedExamplesPass) {
  const test::Bytes sound = sound_example();
  test::Damage damage;
  for (int i = 0; i < 20'000; ++i) {
    test::Bytes file = sound;
    if (i > 0) damage.inflict(file);
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(file.data()), file.size());
  }
}

}  // namespace
}  // namespace slabring
