// Without libFuzzer: sound headers, and damaged ones, through the same function.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "support/damage.hpp"
#include "support/npy_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace slabring {
namespace {

TEST(NpyHeaderFuzzReplay, SoundAndDamagedHeadersPass) {
  const std::vector<test::Bytes> sound{
      test::bytes_of(test::npy_file("<f4", "(3, 4)", "data")), test::bytes_of(test::npy_file("|u1", "()", "x")),
      test::bytes_of(test::npy_file("{'shape': (2L, 3L), 'fortran_order': False, 'descr': \"<i8\"}", "", 2))};
  test::replay(&LLVMFuzzerTestOneInput, sound, 3000);
}

}  // namespace
}  // namespace slabring
