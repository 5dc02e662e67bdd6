// Without libFuzzer: a sound heap with references to it, and damaged ones, through the same function.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "support/damage.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace slabring {
namespace {

/// The lowest `bytes` bytes of a number.
std::string number(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> (8 * i) & 0xff);
  return text;
}

std::string object(std::uint64_t index, std::string bytes) {
  const std::string head = number(index, 2) + number(0, 6) + number(bytes.size(), 8);
  bytes.append((8 - bytes.size() % 8) % 8, '\0');
  return head + bytes;
}

test::Bytes sound_heap() {
  const std::string objects = object(1, "one") + object(2, "the second") + object(0, std::string(40, '\0'));
  const std::string heap = "GCOL" + number(1, 4) + number(16 + objects.size(), 8) + objects;
  std::string references;
  for (const auto& [bytes, index] : {std::pair{3, 1}, {10, 2}, {0, 0}, {4, 1}, {1, 9}}) {
    references +=
        number(static_cast<std::uint64_t>(bytes), 4) + number(0, 8) + number(static_cast<std::uint64_t>(index), 4);
  }
  return test::bytes_of(heap + references);
}

TEST(Hdf5HeapFuzzReplay, SoundAndDamagedHeapsPass) {
  const test::Bytes sound = sound_heap();
  test::replay(&LLVMFuzzerTestOneInput, {&sound, 1}, 5000);
}

}  // namespace
}  // namespace slabring
