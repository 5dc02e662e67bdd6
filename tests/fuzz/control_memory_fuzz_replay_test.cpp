// Without libFuzzer: inputs that do not change, through the same function, so that every build tries some.
#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

TEST(ControlMemoryFuzzReplay, TrainerAndCoordinatorSurviveWhateverIsWritten) {
  std::mt19937 random(20261121);
  for (int i = 0; i < 300; ++i) {
    std::vector<std::uint8_t> input(1 + random() % 1500);
    for (std::uint8_t& byte : input) byte = static_cast<std::uint8_t>(random() >> 8);
    LLVMFuzzerTestOneInput(input.data(), input.size());
  }
}

}  // namespace
