// Tar shards as GNU tar and Python's tarfile write them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "dataset/shard_names.hpp"
#include "dataset/source_kinds.hpp"
#include "slabring/error.hpp"
#include "slabring/sources.hpp"
#include "support/loaded_samples.hpp"
#include "support/temporary_folder.hpp"

namespace slabring {
namespace {

using test::contents;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(ShardNames, BracesCountWithTheirDigits) {
  EXPECT_THAT(shard_names("a.tar"), ElementsAre("a.tar"));
  EXPECT_THAT(shard_names("a-{008..011}.tar"), ElementsAre("a-008.tar", "a-009.tar", "a-010.tar", "a-011.tar"));
  EXPECT_THAT(shard_names("{x,y}{1..2}"), ElementsAre("x1", "x2", "y1", "y2"));
}

TEST(ShardNames, NonsenseIsRefused) {
  for (const char* pattern : {"a{1..", "a{2..1}", "a{x..y}", "a{0..999999999}", "{0..99999}{0..99999}"}) {
    EXPECT_THROW(shard_names(pattern), Error) << pattern;
  }
}

class Tars : public testing::Test {
 protected:
  void SetUp() override {
    if (!source_kind_is_there()) GTEST_SKIP() << "made without libarchive";
  }
  static bool source_kind_is_there() {
    for (const SourceKindInfo& kind : source_kinds()) {
      if (kind.name == "tar") return kind.lacking.empty();
    }
    return false;
  }

  /// Runs a shell line in the folder. Skips the test where the program is missing.
  void shell(const std::string& line) {
    const std::string command = "cd '" + folder_.path().native() + "' && " + line;
    ASSERT_EQ(std::system(command.c_str()), 0) << line;  // NOLINT(concurrency-mt-unsafe)
  }
  std::unique_ptr<Dataset> open(const std::string& source) {
    return open_source((folder_.path() / source).native(), {.cache_folder = cache_.path()});
  }
  std::string refusal_of(const std::string& source) {
    try {
      open(source);
      return "not refused";
    } catch (const Error& error) {
      return error.what();
    }
  }
  void write_three() {
    folder_.write("d/0001.jpg", "first");
    folder_.write("d/0001.cls", "3\n");
    folder_.write("d/0002.PNG", std::string(5000, 'x'));
    folder_.write("d/0002.json", R"({"label": 7, "caption": "x"})");
    folder_.write("d/0003.seg.png", "mask");
    folder_.write("d/0003.webp", "third");
    folder_.write("d/README", "no part");
    folder_.write("d/__meta__", "no part");
  }
  static constexpr const char* members =
      "d/0001.jpg d/0001.cls d/0002.PNG d/0002.json d/0003.seg.png d/0003.webp d/README";
  const std::string three = "3=first\n7=" + std::string(5000, 'x') + "\n-1=third\n";

  test::TemporaryFolder folder_;
  test::TemporaryFolder cache_;
};

TEST_F(Tars, EveryFormatOfGnuTarIsReadByteForByte) {
  write_three();
  for (const std::string format : {"gnu", "posix", "ustar", "v7", "oldgnu"}) {
    shell("tar --format=" + format + " -cf " + format + ".tar " + members);
    const auto dataset = open(format + ".tar");
    EXPECT_EQ(contents(*dataset), three) << format;
    EXPECT_THAT(dataset->describe(SampleId{1}), AllOf(HasSubstr(format + ".tar"), HasSubstr("d/0002")));
    EXPECT_THAT(dataset->read_roots(), ElementsAre(folder_.path().native()));
  }
}

TEST_F(Tars, LongAndForeignNamesOfPythonsTarfileAreRead) {
  folder_.write("make.py",
                "import tarfile, io\n"
                "for name, form in (('gnu', tarfile.GNU_FORMAT), ('pax', tarfile.PAX_FORMAT)):\n"
                "  with tarfile.open(name + '.tar', 'w', format=form) as t:\n"
                "    for k in ('x' * 150, 'd\\u00e9' * 60, 'plain'):\n"
                "      for part, data in (('.jpg', k[:3].encode() * 400), ('.cls', b'5')):\n"
                "        m = tarfile.TarInfo('f/' + k + part); m.size = len(data); t.addfile(m, io.BytesIO(data))\n");
  shell("/usr/bin/python3 make.py");
  const auto gnu = open("gnu.tar");
  ASSERT_EQ(gnu->size(), 3U);
  EXPECT_EQ(contents(*gnu), contents(*open("pax.tar")));
  EXPECT_THAT(contents(*gnu), AllOf(HasSubstr("5=xxxxxx"), HasSubstr("5=plapla"), HasSubstr("5=d\u00e9dd\u00e9d")));
}

TEST_F(Tars, ShardsAreOneStreamInTheirOrder) {
  write_three();
  shell("tar -cf s-09.tar d/0001.jpg d/0001.cls && tar -cf s-10.tar d/0002.PNG d/0002.json d/0003.webp");
  EXPECT_EQ(contents(*open("s-{09..10}.tar")), three);
  EXPECT_THAT(refusal_of("s-{09..11}.tar"), HasSubstr("s-11.tar"));
}

TEST_F(Tars, SamplesWithoutImageOrWithOddLabelsAreFaultsOfThose) {
  folder_.write("a.cls", "1");
  folder_.write("b.jpg", "b");
  folder_.write("b.cls", "dog");
  folder_.write("c.jpg", "c");
  folder_.write("c.json", "{");
  folder_.write("d.jpg", "d");
  shell("tar -cf t.tar a.cls b.jpg b.cls c.jpg c.json d.jpg");
  EXPECT_EQ(contents(*open("t.tar")),
            "dataset_failed: none of the sample's members in the tar file is an image\n"
            "dataset_failed: the sample's label in the tar file is no whole number\n"
            "dataset_failed: the sample's label in the tar file is no whole number\n-1=d\n");
}

TEST_F(Tars, PartsCanBeNamed) {
  folder_.write("a.left.jpg", "left");
  folder_.write("a.right.jpg", "right");
  folder_.write("a.id", "4");
  shell("tar -cf t.tar a.left.jpg a.right.jpg a.id");
  EXPECT_EQ(contents(*open("t.tar?image=right.jpg&label=id")), "4=right\n");
}

TEST_F(Tars, BrokenShardsAreRefusedWithASentence) {
  write_three();
  shell(
      "tar -cf t.tar d/0002.PNG && gzip -k t.tar && head -c 3000 t.tar > cut.tar && head -c 5000 /dev/zero | tr '\\0' "
      "x > no.tar");
  shell(
      "tar -cf damaged.tar d/0001.jpg d/0002.PNG d/0003.webp && printf XXXX | dd of=damaged.tar bs=1 seek=1064 "
      "conv=notrunc 2>/dev/null");
  shell(
      "ln d/0001.jpg d/0009.jpg && tar -cf links.tar d/0001.jpg d/0009.jpg && tar -cf twice.tar d/0001.jpg d/0001.jpg");
  shell("tar -cf none.tar d/README");
  EXPECT_THAT(refusal_of("t.tar.gz"), AllOf(HasSubstr("t.tar.gz"), HasSubstr("gzip")));
  EXPECT_THAT(refusal_of("cut.tar"), AllOf(HasSubstr("cut.tar"), HasSubstr("d/0002.PNG"), HasSubstr("5000")));
  EXPECT_THAT(refusal_of("no.tar"), HasSubstr("tar"));
  EXPECT_THAT(refusal_of("damaged.tar"), AllOf(HasSubstr("damaged.tar"), HasSubstr("byte")));
  EXPECT_THAT(refusal_of("links.tar"), AllOf(HasSubstr("hard link"), HasSubstr("--hard-dereference")));
  EXPECT_THAT(refusal_of("twice.tar"), HasSubstr("twice"));
  EXPECT_THAT(refusal_of("none.tar"), HasSubstr("no sample"));
  EXPECT_THAT(refusal_of("absent.tar"), HasSubstr("absent.tar"));
}

TEST_F(Tars, IndexIsKeptAndMadeAnewWhenAShardChanges) {
  write_three();
  shell(std::string("tar -cf t.tar ") + members);
  const auto first = open("t.tar");
  const auto kept = open("t.tar");
  EXPECT_EQ(contents(*kept), three);
  EXPECT_EQ(kept->fingerprint(), first->fingerprint());
  shell("tar -cf t.tar d/0003.webp");
  EXPECT_EQ(contents(*open("t.tar")), "-1=third\n");
}

TEST_F(Tars, ShardThatChangesWhileItIsOpenIsAFaultOfItsSamples) {
  write_three();
  shell(std::string("tar -cf t.tar ") + members);
  const auto dataset = open("t.tar");
  shell("tar -cf t.tar d/0003.webp");
  EXPECT_THAT(contents(*dataset), HasSubstr("was changed after it was indexed"));
}

TEST_F(Tars, RecipeOpensTheSame) {
  write_three();
  shell(std::string("tar -cf t.tar ") + members);
  const auto dataset = open("t.tar");
  const auto recipe = dataset->recipe();
  ASSERT_TRUE(recipe.has_value());
  EXPECT_EQ(contents(*source_kind(recipe->kind).open_recipe(*recipe)), three);
  for (const char* config : {"", "{}", R"({"files": 1})", R"({"files": [["/x", "1", 2]]})"}) {
    EXPECT_THROW(source_kind("tar").open_recipe({"tar", config, recipe->fds}), Error) << config;
  }
}

}  // namespace
}  // namespace slabring
