// Without libFuzzer: sound headers, and damaged ones, through the same function.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "support/damage.hpp"
#include "support/npy_file.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace slabring {
namespace {

TEST(NpyHeaderFuzzReplay, SoundAndDamagedHeadersPass) {
  test::Damage damage;
  for (const std::string& seed :
       {test::npy_file("<f4", "(3, 4)", "data"), test::npy_file("|u1", "()", "x"),
        test::npy_file("{'shape': (2L, 3L), 'fortran_order': False, 'descr': \"<i8\"}", "", 2)}) {
    for (int i = 0; i < 3000; ++i) {
      const auto bytes = std::as_bytes(std::span(seed));
      test::Bytes file(bytes.begin(), bytes.end());
      if (i > 0) damage.inflict(file);
      LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(file.data()), file.size());
    }
  }
}

}  // namespace
}  // namespace slabring
