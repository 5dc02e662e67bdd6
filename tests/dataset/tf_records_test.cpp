// TFRecord files as write_tfrecord.py makes them from the description of the format.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>

#include "base/crc32c.hpp"
#include "base/sample_failure.hpp"
#include "dataset/source_kinds.hpp"
#include "dataset/tf_example.hpp"
#include "slabring/error.hpp"
#include "slabring/sources.hpp"
#include "support/loaded_samples.hpp"
#include "support/temporary_folder.hpp"

namespace slabring {
namespace {

using test::contents;
using testing::AllOf;
using testing::HasSubstr;

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

// RFC 3720, B.4.
TEST(Crc32c, IsThatOfTheStandard) {
  EXPECT_EQ(crc32c(bytes_of(std::string(32, '\0'))), 0x8a9136aaU);
  EXPECT_EQ(crc32c(bytes_of(std::string(32, '\xff'))), 0x62a8ab43U);
  EXPECT_EQ(crc32c(bytes_of("123456789")), 0xe3069283U);
  EXPECT_EQ(crc32c({}), 0U);
}

class TfRecordFiles : public testing::Test {
 protected:
  std::string write(const std::string& name, int count = 5) {
    const std::string path = (folder_.path() / name).native();
    const std::string command = std::string(WRITE_TFRECORD) + " '" + path + "' " + std::to_string(count);
    EXPECT_EQ(std::system(command.c_str()), 0);  // NOLINT(concurrency-mt-unsafe)
    return path;
  }
  std::string damaged(std::string bytes, std::size_t at) {
    bytes[at] ^= 1;
    return folder_.write("damaged.tfrecord", bytes).native();
  }
  static std::string file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::unique_ptr<Dataset> open(const std::string& source) {
    return open_source(source, {.cache_folder = cache_.path()});
  }
  std::string refusal_of(const std::string& source) {
    try {
      open(source);
      return "not refused";
    } catch (const Error& error) {
      return error.what();
    }
  }

  test::TemporaryFolder folder_;
  test::TemporaryFolder cache_;
};

TEST_F(TfRecordFiles, RecordsAreReadByteForByte) {
  const std::string path = write("a.tfrecord", 3);
  const auto dataset = open(path);
  EXPECT_EQ(contents(*dataset), "-1=image 0 \n0=image 1 image 1 \n1=image 2 image 2 image 2 \n");
  EXPECT_EQ(contents(*open(path)), contents(*dataset)) << "with the index that was kept";
  EXPECT_THAT(contents(*open(path + "?label=other/label")), HasSubstr("7=image 0"));
  EXPECT_THAT(contents(*open(path + "?label=none")), HasSubstr("-1=image 1"));
  EXPECT_THAT(contents(*open(path + "?image=picture")), HasSubstr("no bytes feature \"picture\""));
}

TEST_F(TfRecordFiles, FilesAreOneStreamAndRecipesOpenTheSame) {
  write("a-0.tfrecord", 2);
  write("a-1.tfrecord", 3);
  const auto dataset = open((folder_.path() / "a-{0..1}.tfrecord").native());
  ASSERT_EQ(dataset->size(), 5U);
  EXPECT_THAT(dataset->describe(SampleId{2}), AllOf(HasSubstr("a-1.tfrecord"), HasSubstr("12")));
  const auto recipe = dataset->recipe();
  EXPECT_EQ(contents(*source_kind("tfrecord").open_recipe(*recipe)), contents(*dataset));
  EXPECT_THROW(source_kind("tfrecord").open_recipe({"tfrecord", "{}", recipe->fds}), Error);
}

TEST_F(TfRecordFiles, IndexIsMadeAnewWhenAFileChangesAndNotUsedForOneThatIsOpen) {
  const std::string path = write("a.tfrecord", 3);
  const auto before = open(path);
  write("a.tfrecord", 5);
  EXPECT_EQ(open(path)->size(), 5U);
  EXPECT_THAT(contents(*before), HasSubstr("was changed after it was indexed"));
}

TEST_F(TfRecordFiles, DamagedBytesAreAFaultOfTheirRecord) {
  const std::string sound = file(write("a.tfrecord", 3));
  EXPECT_THAT(contents(*open(damaged(sound, 30))),
              AllOf(HasSubstr("corrupt: the checksum (CRC-32C)"), HasSubstr("0=image 1"), HasSubstr("1=image 2")));
}

TEST_F(TfRecordFiles, BrokenFilesAreRefusedWithASentence) {
  const std::string sound = file(write("a.tfrecord", 3));
  EXPECT_THAT(refusal_of(damaged(sound, 0)), AllOf(HasSubstr("length"), HasSubstr("at 0")));
  EXPECT_THAT(refusal_of(folder_.write("b.tfrecord", sound.substr(0, sound.size() - 1))),
              HasSubstr("not copied whole"));
  EXPECT_THAT(refusal_of(folder_.write("c.tfrecord", sound + "abc")), HasSubstr("not copied whole"));
  EXPECT_THAT(refusal_of(folder_.write("d.tfrecord", "")), HasSubstr("no record"));
  EXPECT_THAT(refusal_of(folder_.write("e.tfrecord", "\x1f\x8b" + std::string(100, 'x'))), HasSubstr("gzip"));
  EXPECT_THAT(refusal_of((folder_.path() / "f.tfrecord").native()), HasSubstr("f.tfrecord"));
}

TEST(TfExample, BytesThatAreNoneAreCorrupt) {
  for (const std::string_view bytes : {std::string_view("\x0a"), std::string_view("\x0a\x05x"),
                                       std::string_view("\x07"), std::string_view("\x02\x00", 2),
                                       std::string_view("\xff\xff\xff\xff\xff\xff"
                                                        "\xff\xff\xff\xff\xff")}) {
    EXPECT_THROW(read_tf_example(bytes_of(bytes), "a", "b"), SampleFailure);
  }
  EXPECT_FALSE(read_tf_example({}, "a", "b").image.has_value());
}

}  // namespace
}  // namespace slabring
