// Without libFuzzer: a sound pack and thousands of damaged ones through the same function.
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>

#include "dataset/pack_index.hpp"
#include "dataset/pack_writer.hpp"
#include "support/damage.hpp"
#include "support/temporary_folder.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace slabring {
namespace {

test::Bytes sound_pack() {
  const test::TemporaryFolder folder;
  const std::string path = (folder.path() / "a.slabpack").native();
  PackWriter writer(path, "");
  for (std::uint64_t i = 0; i < 20; ++i) {
    const std::string text(i * 3, 'x');
    writer.add(i, std::as_bytes(std::span(text)), 1, "name" + text);
  }
  writer.finish(R"({"classes": ["a"]})");
  std::ifstream in(path, std::ios::binary);
  return test::bytes_of(std::string{std::istreambuf_iterator<char>(in), {}});
}

TEST(PackIndexFuzzReplay, SoundAndDamagedPacksPass) {
  const test::Bytes sound = sound_pack();
  test::replay(&LLVMFuzzerTestOneInput, {&sound, 1}, 5000);
}

TEST(PackIndexFuzzReplay, AnyByteOfTheHeaderMayBeAnything) {
  const test::Bytes sound = sound_pack();
  for (std::size_t at = 0; at < sizeof(pack::Header); ++at) {
    for (const int value : {0, 1, 0x7f, 0x80, 0xff}) {
      test::Bytes file = sound;
      file[at] = static_cast<std::byte>(value);
      test::put_through(&LLVMFuzzerTestOneInput, file);
    }
  }
}

}  // namespace
}  // namespace slabring
