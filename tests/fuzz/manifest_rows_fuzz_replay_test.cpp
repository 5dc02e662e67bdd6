// Without libFuzzer: sound manifests and thousands of damaged ones through the same function.
#include <gtest/gtest.h>

#include <cstdint>
#include <string_view>
#include <vector>

#include "support/damage.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace slabring {
namespace {

constexpr std::string_view manifests[] = {
    "\xef\xbb\xbfpath,label\r\na.jpg,1\r\n\"b \"\"x\"\",c\",dog\r\n\r\n\"two\nlines\",\n",
    "path\tlabel\nx\t1\n\"y\tz\"\t-2\n",
    "{\"path\": \"a\", \"label\": 3}\n\n{\"label\": \"x\", \"path\": \"\\u00e9\"}\n{\"path\": \"b\", \"label\": "
    "null}\n",
};

TEST(ManifestRowsFuzzReplay, SoundAndDamagedManifestsPass) {
  std::vector<test::Bytes> sound;
  for (const std::string_view manifest : manifests) sound.push_back(test::bytes_of(manifest));
  test::replay(&LLVMFuzzerTestOneInput, sound, 300);
}

}  // namespace
}  // namespace slabring
