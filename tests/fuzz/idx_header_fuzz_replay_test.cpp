// Without libFuzzer: sound files, and damaged ones, through the same function.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "support/damage.hpp"
#include "support/published_files.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace slabring {
namespace {

TEST(IdxHeaderFuzzReplay, SoundAndDamagedFilesPass) {
  const std::vector<test::Bytes> sound{test::bytes_of(test::idx_file({3, 2, 2}, std::string(12, 'x'))),
                                       test::bytes_of(test::idx_file({5}, "label")),
                                       test::bytes_of(test::idx_file({0}, ""))};
  test::replay(&LLVMFuzzerTestOneInput, sound, 3000);
}

}  // namespace
}  // namespace slabring
