// Databases as Python's sqlite3 writes them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

#include "dataset/source_kinds.hpp"
#include "slabring/error.hpp"
#include "slabring/sources.hpp"
#include "support/loaded_samples.hpp"
#include "support/temporary_folder.hpp"

namespace slabring {
namespace {

using test::loaded;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class Databases : public testing::Test {
 protected:
  void SetUp() override {
    for (const SourceKindInfo& kind : source_kinds()) {
      if (kind.name == "sqlite" && !kind.lacking.empty()) GTEST_SKIP() << "made without SQLite";
    }
  }

  /// Runs statements on a connection `c` to FILE.
  void python(const std::string& file, const std::string& statements) {
    const std::string script = folder_.write("make.py", "import sqlite3, os\nc = sqlite3.connect('" + at(file) +
                                                            "')\n" + statements + "\nc.commit()\nc.close()\n");
    ASSERT_EQ(std::system((std::string(SLABRING_PYTHON) + " '" + script + "'").c_str()),
              0);  // NOLINT(concurrency-mt-unsafe)
  }
  void three_rows(const std::string& file) {
    python(file,
           "c.execute('CREATE TABLE images (id INTEGER PRIMARY KEY, image BLOB, label)')\n"
           "c.executemany('INSERT INTO images VALUES (?, ?, ?)',"
           " [(7, b'seven', 2), (-1, b'minus', None), (3, b'three' * 10000, 5)])");
  }
  std::string at(const std::string& name) const { return (folder_.path() / name).native(); }
  std::unique_ptr<Dataset> open(const std::string& file, const std::string& query) {
    return open_source("sqlite:" + at(file) + "?query=" + query);
  }
  std::string refusal_of(const std::string& file, const std::string& query) {
    try {
      open(file, query);
      return "not refused";
    } catch (const Error& error) {
      return error.what();
    }
  }
  static constexpr const char* all = "SELECT id, image, label FROM images";

  test::TemporaryFolder folder_;
};

TEST_F(Databases, RowsAreReadInTheOrderOfTheQuery) {
  three_rows("a.db");
  const auto dataset = open("a.db", "SELECT id, image, label FROM images ORDER BY id DESC;");
  ASSERT_EQ(dataset->size(), 3U);
  EXPECT_EQ(loaded(*dataset, 0), "2=seven");
  std::string three;
  for (int i = 0; i < 10000; ++i) three += "three";
  EXPECT_EQ(loaded(*dataset, 1), "5=" + three);
  EXPECT_EQ(loaded(*dataset, 2), "-1=minus");
  EXPECT_THAT(dataset->describe(SampleId{2}), AllOf(HasSubstr("a.db"), HasSubstr("sample -1")));
  EXPECT_EQ(open("a.db", "SELECT id, image FROM images WHERE id > 0")->size(), 2U);
  const auto recipe = dataset->recipe();
  EXPECT_EQ(loaded(*source_kind("sqlite").open_recipe(*recipe), 0), "2=seven");
}

TEST_F(Databases, LinksAreFollowedBeforeWorkersAreConfined) {
  three_rows("a.db");
  std::filesystem::create_symlink(at("a.db"), at("link.db"));
  EXPECT_THAT(open("link.db", all)->describe(SampleId{0}), HasSubstr(at("a.db")));
}

TEST_F(Databases, IdsMayBeTextImagesPathsAndLabelsWords) {
  python("a.db",
         "c.execute('CREATE TABLE files (name TEXT PRIMARY KEY, \"the \"\"path\" TEXT, kind TEXT)')\n"
         "c.executemany('INSERT INTO files VALUES (?, ?, ?)', [('x', 'd/x.jpg', 'dog'), ('y', '/y.jpg', 'cat')])");
  const auto dataset = open("a.db", "SELECT name, \"the \"\"path\", kind FROM files ORDER BY name");
  EXPECT_THAT(dataset->classes(), ElementsAre("cat", "dog"));
  EXPECT_EQ(loaded(*dataset, 0), "1=" + at("d/x.jpg"));
  EXPECT_EQ(loaded(*dataset, 1), "0=/y.jpg");
}

TEST_F(Databases, OddRowsAreFaultsOfTheirSamples) {
  python("a.db",
         "c.execute('CREATE TABLE images (id INTEGER PRIMARY KEY, image)')\n"
         "c.executemany('INSERT INTO images VALUES (?, ?)', [(1, None), (2, 5), (3, b''), (4, b'good')])");
  const auto dataset = open("a.db", "SELECT id, image FROM images");
  EXPECT_THAT(loaded(*dataset, 0), HasSubstr("neither a blob"));
  EXPECT_THAT(loaded(*dataset, 1), HasSubstr("neither a blob"));
  EXPECT_THAT(loaded(*dataset, 2), HasSubstr("empty blob"));
  EXPECT_EQ(loaded(*dataset, 3), "-1=good");
}

TEST_F(Databases, WhatCannotBeReadIsRefusedWithASentence) {
  three_rows("a.db");
  EXPECT_THAT(refusal_of("a.db", ""), HasSubstr("empty"));
  EXPECT_THAT(refusal_of("a.db", "SELECT id FROM images"), HasSubstr("1 columns"));
  EXPECT_THAT(refusal_of("a.db", "SELECT id, image FROM photos"), AllOf(HasSubstr("a.db"), HasSubstr("photos")));
  EXPECT_THAT(refusal_of("a.db", "DELETE FROM images"), HasSubstr("columns"));
  EXPECT_THAT(refusal_of("a.db", "SELECT label, image FROM images"), HasSubstr("primary key"));
  EXPECT_THAT(refusal_of("a.db", "SELECT id, image FROM images WHERE id > 99"), HasSubstr("no row"));
  EXPECT_THAT(refusal_of("b.db", all), HasSubstr("b.db"));
  folder_.write("text.db", std::string(5000, 'x'));
  EXPECT_THAT(refusal_of("text.db", all), HasSubstr("SQLite says"));
  std::filesystem::copy_file(at("a.db"), at("cut.db"));
  std::filesystem::resize_file(at("cut.db"), std::filesystem::file_size(at("cut.db")) / 2);
  EXPECT_THAT(refusal_of("cut.db", all), AllOf(HasSubstr("cut.db"), HasSubstr("SQLite says")));
  python("mixed.db",
         "c.execute('CREATE TABLE images (id INTEGER PRIMARY KEY, image BLOB, label)')\n"
         "c.executemany('INSERT INTO images VALUES (?, ?, ?)', [(1, b'x', 2), (2, b'x', 'dog')])");
  EXPECT_THAT(refusal_of("mixed.db", all), HasSubstr("all words"));
  try {
    open_source(at("a.db"));
    FAIL() << "opened without a query";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("?query="));
  }
}

TEST_F(Databases, LockedByAWriterIsRefusedAndNotWaitedForLong) {
  three_rows("a.db");
  const std::string ready = at("ready");
  ASSERT_EQ(::mkfifo(ready.c_str(), 0600), 0);
  const std::string script =
      folder_.write("lock.py", "import sqlite3, time\nc = sqlite3.connect('" + at("a.db") +
                                   "', isolation_level=None)\nc.execute('BEGIN EXCLUSIVE')\nopen('" + ready +
                                   "', 'w').close()\nopen('" + ready + "').read()\n");
  std::system((std::string(SLABRING_PYTHON) + " '" + script + "' &").c_str());  // NOLINT(concurrency-mt-unsafe)
  { const std::ifstream wait(ready); }                                          // until it has the lock
  EXPECT_THAT(refusal_of("a.db", all), AllOf(HasSubstr("a.db"), HasSubstr("locked by a program that writes")));
  { const std::ofstream go(ready); }  // it may end
}

TEST_F(Databases, WriteAheadLogThatIsNotMergedIsRefused) {
  python("a.db",
         "c.execute('PRAGMA journal_mode=WAL')\n"
         "c.execute('CREATE TABLE images (id INTEGER PRIMARY KEY, image BLOB, label)')\n"
         "c.execute(\"INSERT INTO images VALUES (1, x'41', 2)\")\nc.commit()\nos._exit(0)");
  EXPECT_THAT(refusal_of("a.db", all), HasSubstr("write-ahead log"));
  python("a.db", "c.execute('PRAGMA wal_checkpoint(TRUNCATE)')");
  EXPECT_EQ(loaded(*open("a.db", all), 0), "2=A");
}

TEST_F(Databases, DatabaseThatChangesBeforeItIsReadIsAFault) {
  three_rows("a.db");
  const auto dataset = open("a.db", all);
  python("a.db", "c.execute('CREATE TABLE more (x)')");
  EXPECT_THAT(loaded(*dataset, 0), HasSubstr("was changed"));
}

}  // namespace
}  // namespace slabring
