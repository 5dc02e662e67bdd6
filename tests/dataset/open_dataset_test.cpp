#include "dataset/open_dataset.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/memfd.hpp"
#include "slabring/error.hpp"
#include "support/temporary_folder.hpp"

namespace slabring {
namespace {

using testing::ElementsAreArray;
using testing::HasSubstr;

std::string refusal_of(const DatasetRecipe& recipe) {
  try {
    open_dataset(recipe);
    return "not refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::dataset);
    return error.what();
  }
}

void expect_same(const Dataset& a, const Dataset& b) {
  ASSERT_EQ(a.size(), b.size());
  EXPECT_THAT(b.classes(), ElementsAreArray(a.classes()));
  for (std::uint64_t i = 0; i < a.size(); ++i) {
    Sample left;
    Sample right;
    a.load(SampleId{i}, left);
    b.load(SampleId{i}, right);
    EXPECT_EQ(left.path(), right.path());
    EXPECT_EQ(left.label(), right.label());
    EXPECT_EQ(a.describe(SampleId{i}), b.describe(SampleId{i}));
  }
}

TEST(OpenDataset, RecipeOpensTheSameImageFolder) {
  const test::TemporaryFolder folder;
  for (const char* name : {"cat/1.jpg", "cat/2.JPG", "dog/x.png", "caf\xe9 \"latin-1\"/y.bmp", "日本/z.webp"})
    folder.write(name);
  const ImageFolder original(folder.path());
  const auto recipe = original.recipe();
  ASSERT_TRUE(recipe.has_value());
  const auto opened = open_dataset(*recipe);
  expect_same(original, *opened);

  const auto again = opened->recipe();  // a process may pass it on
  ASSERT_TRUE(again.has_value());
  expect_same(original, *open_dataset(*again));
}

TEST(OpenDataset, FlatFolderKeepsHavingNoLabels) {
  const test::TemporaryFolder folder;
  folder.write("b.jpg");
  folder.write("a.jpg");
  const ImageFolder original(folder.path());
  expect_same(original, *open_dataset(*original.recipe()));
}

TEST(OpenDataset, DescriptorsStayTheCallers) {
  const test::TemporaryFolder folder;
  folder.write("c/a.jpg");
  const ImageFolder original(folder.path());
  const auto recipe = *original.recipe();
  { const auto opened = open_dataset(recipe); }
  EXPECT_TRUE(has_seals(recipe.fds[0], read_only_seals)) << "the descriptor was closed";
}

TEST(OpenDataset, UnknownKindIsRefusedByName) {
  EXPECT_THAT(refusal_of({"floppies", "{}", {}}), testing::AllOf(HasSubstr("\"floppies\""), HasSubstr("folder")));
}

TEST(OpenDataset, MalformedImageFolderRecipesAreRefused) {
  const test::TemporaryFolder folder;
  folder.write("c/a.jpg");
  const ImageFolder original(folder.path());
  const auto good = *original.recipe();
  EXPECT_THAT(refusal_of({good.kind, good.config, {}}), HasSubstr("0 descriptors"));
  EXPECT_THAT(refusal_of({good.kind, good.config, {good.fds[0], good.fds[0]}}), HasSubstr("2 descriptors"));
  EXPECT_THAT(refusal_of({good.kind, good.config, {1'000'000}}), HasSubstr("1000000"));
  for (const char* config : {"", "{", "[]", "{}", R"({"root": 1, "classes": []})", R"({"root": "/", "classes": 1})",
                             R"({"root": [256], "classes": [{}]})", R"({"root": "/", "classes": [null]})"})
    EXPECT_THAT(refusal_of({good.kind, config, good.fds}), HasSubstr("malformed")) << config;
}

}  // namespace
}  // namespace slabring
