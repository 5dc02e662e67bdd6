// Without libFuzzer: sound manifests and thousands of damaged ones through the same function.
#include <gtest/gtest.h>

#include <cstdint>
#include <span>
#include <string_view>

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
  test::Damage damage;
  for (const std::string_view sound : manifests) {
    const auto bytes = std::as_bytes(std::span(sound));
    for (int i = 0; i < 300; ++i) {
      test::Bytes file(bytes.begin(), bytes.end());
      if (i > 0) damage.inflict(file);
      LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(file.data()), file.size());
    }
  }
}

}  // namespace
}  // namespace slabring
