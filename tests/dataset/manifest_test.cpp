#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "dataset/manifest_rows.hpp"
#include "dataset/source_kinds.hpp"
#include "slabring/error.hpp"
#include "slabring/sources.hpp"
#include "support/temporary_folder.hpp"

namespace slabring {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> cells_of(std::string_view row, char delimiter = ',') {
  std::vector<std::string> cells;
  EXPECT_TRUE(split_row(row, delimiter, cells));
  return cells;
}

/// "label path" of every sample.
std::vector<std::string> listing(const Dataset& dataset) {
  std::vector<std::string> lines;
  Sample sample;
  for (std::uint64_t i = 0; i < dataset.size(); ++i) {
    sample.reset();
    dataset.load(SampleId{i}, sample);
    EXPECT_EQ(dataset.describe(SampleId{i}), sample.path());
    lines.push_back(std::to_string(sample.label()) + ' ' + sample.path());
  }
  return lines;
}

class Manifests : public testing::Test {
 protected:
  std::unique_ptr<Dataset> open(const std::string& name, std::string_view text, const std::string& options = "") {
    return open_source(folder_.write(name, text).native() + options, {.cache_folder = cache_.path()});
  }
  std::string refusal_of(const std::string& name, std::string_view text, const std::string& options = "") {
    try {
      open(name, text, options);
      return "not refused";
    } catch (const Error& error) {
      return error.what();
    }
  }
  std::string at(std::string_view name) const { return (folder_.path() / name).native(); }

  test::TemporaryFolder folder_;
  test::TemporaryFolder cache_;
};

TEST(SplitRow, CellsAreSplitAsRfc4180Says) {
  EXPECT_THAT(cells_of("a,b"), ElementsAre("a", "b"));
  EXPECT_THAT(cells_of(""), ElementsAre(""));
  EXPECT_THAT(cells_of("a,"), ElementsAre("a", ""));
  EXPECT_THAT(cells_of(R"("a,""b""",c)"), ElementsAre("a,\"b\"", "c"));
  EXPECT_THAT(cells_of("a b\t\"c\"", '\t'), ElementsAre("a b", "c"));
  std::vector<std::string> cells;
  EXPECT_FALSE(split_row("\"a", ',', cells));
  EXPECT_THROW(split_row("\"a\"b", ',', cells), std::invalid_argument);
}

TEST_F(Manifests, CsvWithWordsHasClassesInSortedOrder) {
  const auto dataset = open("m.csv", "\xef\xbb\xbflabel,other,path\r\ndog,x,a/1.jpg\r\n\r\ncat,y,\"b,2.jpg\"\r\n");
  EXPECT_THAT(dataset->classes(), ElementsAre("cat", "dog"));
  EXPECT_THAT(listing(*dataset), ElementsAre("1 " + at("a/1.jpg"), "0 " + at("b,2.jpg")));
  EXPECT_THAT(dataset->read_roots(), ElementsAre(folder_.path().native()));
}

TEST_F(Manifests, NumbersAreLabelsAndAmongWordsWords) {
  const auto numbers = open("m.csv", "path,label\na,7\nb,-1\nc,\n");
  EXPECT_THAT(numbers->classes(), IsEmpty());
  EXPECT_THAT(listing(*numbers), ElementsAre("7 " + at("a"), "-1 " + at("b"), "-1 " + at("c")));
  EXPECT_THAT(open("n.csv", "path,label\na,7\nb,x\n")->classes(), ElementsAre("7", "x"));
  EXPECT_THAT(listing(*open("o.csv", "path\na\n")), ElementsAre("-1 " + at("a")));
}

TEST_F(Manifests, ColumnsAndFormatsCanBeNamed) {
  EXPECT_THAT(listing(*open("m.csv", "file,class\na,3\n", "?path=file&label=class")), ElementsAre("3 " + at("a")));
  EXPECT_THAT(listing(*open("n.tsv", "3\tc\ta\n", "?header=no&path=3&label=1")), ElementsAre("3 " + at("a")));
  EXPECT_THAT(refusal_of("list.txt", "a,4\n", "?header=no"), HasSubstr("KIND:"));
  const std::string file = folder_.write("list.txt", "a,4\n").native();
  EXPECT_THAT(listing(*open_source("manifest:" + file + "?header=no&format=csv")), ElementsAre("4 " + at("a")));
}

TEST_F(Manifests, JsonLinesHaveWordsOrNumbers) {
  EXPECT_THAT(listing(*open("m.jsonl", "{\"path\": \"a\", \"label\": 2}\n\n{\"path\": \"b\"}\n")),
              ElementsAre("2 " + at("a"), "-1 " + at("b")));
  EXPECT_THAT(open("n.jsonl", "{\"path\": \"a\", \"label\": \"zoë\"}")->classes(), ElementsAre("zoë"));
}

TEST_F(Manifests, PathsOutsideTheFolderOpenItToASandbox) {
  const test::TemporaryFolder store;
  store.write("x/real.jpg");
  std::filesystem::create_symlink(store.path() / "x/real.jpg", folder_.path() / "link.jpg");
  const std::string absolute = (store.path() / "y.jpg").native();
  const auto dataset = open("m.csv", "path,label\nlink.jpg,0\n" + absolute + ",1\n");
  EXPECT_EQ(dataset->describe(SampleId{1}), absolute);
  EXPECT_THAT(dataset->read_roots(),
              testing::UnorderedElementsAre(folder_.path().native(), store.path() / "x", store.path().native()));
}

TEST_F(Manifests, BadRowsAreRefusedWithFileAndLine) {
  EXPECT_THAT(refusal_of("a.csv", ""), AllOf(HasSubstr("a.csv"), HasSubstr("empty")));
  EXPECT_THAT(refusal_of("b.csv", "path,label\n"), HasSubstr("lists no file"));
  EXPECT_THAT(refusal_of("c.csv", "file,label\na,1\n"), AllOf(HasSubstr("\"path\""), HasSubstr("\"file\"")));
  EXPECT_THAT(refusal_of("d.csv", "path,label\na,1\nb\n"), AllOf(HasSubstr("d.csv, line 3"), HasSubstr("1 columns")));
  EXPECT_THAT(refusal_of("e.csv", "path,label\n\"a,1\nb,2\n"), AllOf(HasSubstr("line 2"), HasSubstr("never closed")));
  EXPECT_THAT(refusal_of("f.csv", "path,label\n,1\n"), AllOf(HasSubstr("line 2"), HasSubstr("path is empty")));
  EXPECT_THAT(refusal_of("g.jsonl", "{\"path\": 3}\n"), AllOf(HasSubstr("line 1"), HasSubstr("\"path\"")));
  EXPECT_THAT(refusal_of("h.jsonl", "{\"path\": \"a\"}\n{\n"), AllOf(HasSubstr("line 2"), HasSubstr("JSON")));
  EXPECT_THAT(refusal_of("i.jsonl", "{\"path\": \"a\", \"label\": 1.5}\n"), HasSubstr("1.5"));
  EXPECT_THAT(refusal_of("j.csv", "path\na\n", "?header=maybe"), HasSubstr("maybe"));
  EXPECT_THAT(refusal_of("k.csv", "path\na\n", "?format=xml"), HasSubstr("xml"));
  EXPECT_THAT(refusal_of("l.csv", "a\n", "?header=no&path=zero"), HasSubstr("zero"));
}

TEST_F(Manifests, IndexIsKeptAndMadeAnewWhenTheFileChanges) {
  std::string text = "path,label\n";
  for (int i = 0; i < 70'000; ++i) text += "folder/image" + std::to_string(i) + ".jpg," + std::to_string(i % 3) + '\n';
  const std::string file = folder_.write("m.csv", text).native();
  int reports = 0;
  const SourceOptions options{.cache_folder = cache_.path(), .progress = [&](const IndexProgress&) { ++reports; }};
  const auto first = open_source(file, options);
  EXPECT_FALSE(std::filesystem::is_empty(cache_.path()));
  const auto second = open_source(file, {.cache_folder = cache_.path()});
  EXPECT_EQ(first->fingerprint(), second->fingerprint());
  EXPECT_EQ(second->describe(SampleId{69'999}), at("folder/image69999.jpg"));
  EXPECT_EQ(second->read_roots(), first->read_roots());

  folder_.write("m.csv", text + "more.jpg,1\n");
  EXPECT_EQ(open_source(file, options)->size(), 70'001U);
}

TEST_F(Manifests, DamagedKeptIndexIsNotUsed) {
  const std::string file =
      folder_.write("m.csv", "path,label\na,1\n" + std::string(std::size_t{1} << 20, '\n')).native();
  const auto first = open_source(file, {.cache_folder = cache_.path()});
  for (const auto& entry : std::filesystem::directory_iterator(cache_.path())) {
    std::filesystem::resize_file(entry.path(), std::filesystem::file_size(entry.path()) - 1);
  }
  EXPECT_EQ(open_source(file, {.cache_folder = cache_.path()})->fingerprint(), first->fingerprint());
}

TEST_F(Manifests, RecipeOpensTheSame) {
  const auto dataset = open("m.csv", "path,label\na,dog\nb,cat\n");
  const auto recipe = dataset->recipe();
  ASSERT_TRUE(recipe.has_value());
  const auto again = source_kind(recipe->kind).open_recipe(*recipe);
  EXPECT_EQ(listing(*again), listing(*dataset));
  EXPECT_THAT(again->classes(), ElementsAre("cat", "dog"));
}

}  // namespace
}  // namespace slabring
