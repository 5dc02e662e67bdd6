// Without libFuzzer: a sound file of a kept index and thousands of damaged ones through the same function.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <string>

#include "base/memfd.hpp"
#include "dataset/file_table_builder.hpp"
#include "dataset/kept_index.hpp"
#include "support/damage.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace slabring {
namespace {

test::Bytes sound_index() {
  FileTableBuilder builder;
  for (std::int32_t i = 0; i < 20; ++i) builder.add("image" + std::to_string(i) + ".jpg", i);
  const UniqueFd table = builder.finish();
  const UniqueFd file = create_memfd("kept-index");
  write_kept_index(file.get(), "identity", "about", table.get());
  EXPECT_TRUE(read_kept_index(file.get(), "identity").has_value());
  test::Bytes bytes(static_cast<std::size_t>(::lseek(file.get(), 0, SEEK_END)));
  EXPECT_EQ(::pread(file.get(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  return bytes;
}

void put_through(const test::Bytes& file) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(file.data()), file.size());
}

TEST(KeptIndexFuzzReplay, SoundAndDamagedFilesPass) {
  const test::Bytes sound = sound_index();
  put_through(sound);
  test::Damage damage;
  for (int i = 0; i < 5000; ++i) {
    test::Bytes file = sound;
    damage.inflict(file);
    put_through(file);
  }
}

TEST(KeptIndexFuzzReplay, AnyByteOfHeaderAndFooterMayBeAnything) {
  const test::Bytes sound = sound_index();
  for (std::size_t at = 0; at < sound.size(); ++at) {
    if (at == 40) at = sound.size() - sizeof(kept_index::Footer);
    for (const int value : {0, 1, 0x7f, 0x80, 0xff}) {
      test::Bytes file = sound;
      file[at] = static_cast<std::byte>(value);
      put_through(file);
    }
  }
}

}  // namespace
}  // namespace slabring
