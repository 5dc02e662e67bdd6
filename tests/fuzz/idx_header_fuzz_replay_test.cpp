// Without libFuzzer: sound files, and damaged ones, through the same function.
#include <gtest/gtest.h>

#include <cstdint>
#include <span>
#include <string>

#include "support/damage.hpp"
#include "support/published_files.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace slabring {
namespace {

TEST(IdxHeaderFuzzReplay, SoundAndDamagedFilesPass) {
  test::Damage damage;
  for (const std::string& seed :
       {test::idx_file({3, 2, 2}, std::string(12, 'x')), test::idx_file({5}, "label"), test::idx_file({0}, "")}) {
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
