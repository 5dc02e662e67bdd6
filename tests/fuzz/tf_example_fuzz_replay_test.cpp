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
  return test::bytes_of(field(1, image + label));
}

TEST(TfExampleFuzzReplay, SoundAndDamagedExamplesPass) {
  const test::Bytes sound = sound_example();
  test::replay(&LLVMFuzzerTestOneInput, {&sound, 1}, 20'000);
}

}  // namespace
}  // namespace slabring
