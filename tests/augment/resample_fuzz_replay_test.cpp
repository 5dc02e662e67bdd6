// Without libFuzzer: inputs that do not change, through the same function, so that every build tries some.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

TEST(ResampleFuzzReplay, EveryInputGivesThePlainPixels) {
  std::minstd_rand random(20240607);
  for (int i = 0; i < 300; ++i) {
    std::vector<std::uint8_t> input(1 + random() % 400);
    for (std::uint8_t& byte : input) {
      const auto bits = static_cast<std::uint8_t>(random() >> 8);
      byte = i % 2 == 0 ? bits : static_cast<std::uint8_t>(bits < 128 ? 0 : 255);
    }
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }
}

}  // namespace
