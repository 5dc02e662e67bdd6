// LMDBs as Python's lmdb writes them.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>

#include "dataset/source_kinds.hpp"
#include "slabring/error.hpp"
#include "slabring/sources.hpp"
#include "support/loaded_samples.hpp"
#include "support/temporary_folder.hpp"

namespace slabring {
namespace {

namespace fs = std::filesystem;
using test::loaded;
using testing::AllOf;
using testing::HasSubstr;

class Lmdbs : public testing::Test {
 protected:
  void SetUp() override {
    for (const SourceKindInfo& kind : source_kinds()) {
      if (kind.name == "lmdb" && !kind.lacking.empty()) GTEST_SKIP() << "made without LMDB";
    }
    if (run("import lmdb") != 0) GTEST_SKIP() << "no python3-lmdb";
  }

  int run(const std::string& script) {
    const std::string path = folder_.write("make.py", script);
    const std::string command = fmt::format("{} '{}' 2>/dev/null", SLABRING_PYTHON, path);
    return std::system(command.c_str());  // NOLINT(concurrency-mt-unsafe)
  }
  /// A database with the items of a Python expression.
  void write(const std::string& name, const std::string& items, const char* subdir = "True") {
    ASSERT_EQ(run("import lmdb\nwith lmdb.open('" + at(name) + "', map_size=1<<24, subdir=" + subdir +
                  ") as e, e.begin(write=True) as t:\n  for k, v in " + items + ": t.put(k, v)\n"),
              0);
  }
  std::string at(const std::string& name) const { return (folder_.path() / name).native(); }
  std::unique_ptr<Dataset> open(const std::string& source) {
    return open_source(at(source), {.cache_folder = cache_.path()});
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

TEST_F(Lmdbs, ValuesAreReadInTheOrderOfTheirKeys) {
  write("photos", "[(b'b', b'second'), (b'a\\0x', b'first' * 5000), (b'c', b'')]");
  const auto dataset = open("photos");
  ASSERT_EQ(dataset->size(), 3U);
  EXPECT_EQ(loaded(*dataset, 0).size(), 3 + 25000U);
  EXPECT_EQ(loaded(*dataset, 1), "-1=second");
  EXPECT_THAT(loaded(*dataset, 2), HasSubstr("no bytes"));
  EXPECT_THAT(dataset->describe(SampleId{1}), AllOf(HasSubstr("photos/data.mdb"), HasSubstr("sample b")));
  EXPECT_EQ(loaded(*open("photos"), 1), "-1=second") << "with the index that was kept";
  const auto recipe = dataset->recipe();
  EXPECT_EQ(loaded(*source_kind("lmdb").open_recipe(*recipe), 1), "-1=second");
  EXPECT_THROW(source_kind("lmdb").open_recipe({"lmdb", "{}", recipe->fds}), Error);
}

TEST_F(Lmdbs, DatumsHaveImageAndLabel) {
  write("d.lmdb", R"([(b'1', b'\x22\x03abc\x28\x07\x38\x01'), (b'2', b'\x22\x03abc\x28\x07'), (b'3', b'\x22\x09abc')])",
        "False");
  const auto dataset = open("d.lmdb?value=datum");
  EXPECT_EQ(loaded(*dataset, 0), "7=abc");
  EXPECT_THAT(loaded(*dataset, 1), HasSubstr("bare pixels"));
  EXPECT_THAT(loaded(*dataset, 2), HasSubstr("Datum"));
  EXPECT_THAT(refusal_of("d.lmdb?value=picture"), HasSubstr("picture"));
}

TEST_F(Lmdbs, WhatCannotBeReadIsRefusedWithASentence) {
  write("whole.lmdb", "[(b'%05d' % i, b'x' * 5000) for i in range(100)]", "False");
  write("empty.lmdb", "[]", "False");
  folder_.write("text.lmdb", std::string(10000, 'x'));
  fs::copy_file(at("whole.lmdb"), at("cut.lmdb"));
  fs::resize_file(at("cut.lmdb"), 40960);
  EXPECT_THAT(refusal_of("cut.lmdb"), AllOf(HasSubstr("cut.lmdb"), HasSubstr("not copied whole")));
  EXPECT_THAT(refusal_of("text.lmdb"), HasSubstr("LMDB says"));
  EXPECT_THAT(refusal_of("empty.lmdb"), HasSubstr("no key"));
  EXPECT_THAT(refusal_of("absent.lmdb"), HasSubstr("absent.lmdb"));
}

TEST_F(Lmdbs, DatabaseThatChangesBeforeItIsReadIsAFault) {
  write("a.lmdb", "[(b'a', b'x')]", "False");
  const auto dataset = open("a.lmdb");
  write("a.lmdb", "[(b'%05d' % i, b'x' * 5000) for i in range(100)]", "False");
  EXPECT_THAT(loaded(*dataset, 0), HasSubstr("was changed"));
  EXPECT_EQ(open("a.lmdb")->size(), 101U) << "with an index that is made anew";
}

}  // namespace
}  // namespace slabring
