#include "slabring/combine.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <numeric>
#include <set>

#include "dataset/label_of.hpp"
#include "dataset/open_dataset.hpp"
#include "slabring/arrays.hpp"
#include "slabring/error.hpp"
#include "slabring/sources.hpp"
#include "support/pixel_dataset.hpp"
#include "support/refusal.hpp"
#include "support/temporary_folder.hpp"

namespace slabring {
namespace {

using test::refusal_of;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

/// Pets: cat 2, dog 1. Farm: cow 1, dog 2.
class CombineTest : public testing::Test {
 protected:
  CombineTest() {
    for (const char* name : {"pets/cat/1.jpg", "pets/cat/2.jpg", "pets/dog/3.jpg", "farm/cow/4.jpg", "farm/dog/5.jpg",
                             "farm/dog/6.jpg", "flat/7.jpg"}) {
      folder_.write(name);
    }
  }
  SharedDataset open(const char* name) const { return std::make_shared<ImageFolder>(folder_.path() / name); }
  std::string path(const char* name) const { return (folder_.path() / name).native(); }

  test::TemporaryFolder folder_;
};

std::string path_in(const Dataset& dataset, std::uint64_t id) {
  Sample sample;
  dataset.load(SampleId{id}, sample);
  EXPECT_EQ(sample.label(), label_of(dataset, SampleId{id}));
  EXPECT_EQ(dataset.describe(SampleId{id}), sample.path());
  return std::filesystem::path(sample.path()).filename().native();
}

std::vector<std::string> names_in(const Dataset& dataset) {
  std::vector<std::string> names;
  for (std::uint64_t id = 0; id < dataset.size(); ++id) {
    const std::string name = path_in(dataset, id);
    names.push_back(fmt::format("{}={}", name.substr(0, 1), label_of(dataset, SampleId{id})));
  }
  return names;
}

TEST_F(CombineTest, PartsFollowEachOtherAndEqualNamesAreOneClass) {
  const ConcatDataset both({open("pets"), open("farm"), open("flat")});
  EXPECT_THAT(both.classes(), ElementsAre("cat", "dog", "cow"));
  EXPECT_THAT(names_in(both), ElementsAre("1=0", "2=0", "3=1", "4=2", "5=1", "6=1", "7=-1"));
  EXPECT_THAT(both.read_roots(), ElementsAre(path("farm"), path("flat"), path("pets")));
}

TEST_F(CombineTest, NestedCombinationsComeOutOfTheirRecipeAsTheyWere) {
  const auto both = std::make_shared<ConcatDataset>(std::vector{open("pets"), open("farm")});
  const std::array picked{SampleId{5}, SampleId{0}, SampleId{3}};
  const auto some = std::make_shared<Subset>(both, picked);
  const ConcatDataset all({some, std::make_shared<Subset>(open("pets"), 1, 2), both});
  const auto recipe = all.recipe();
  ASSERT_TRUE(recipe.has_value());
  EXPECT_EQ(recipe->fds.size(), 6U) << "five folders' tables and one of a subset";
  const auto opened = open_dataset(*recipe);
  EXPECT_EQ(names_in(*opened), names_in(all));
  EXPECT_EQ(opened->fingerprint(), all.fingerprint());
  EXPECT_EQ(names_in(*open_dataset(*opened->recipe())), names_in(all)) << "a process may pass it on";
}

TEST_F(CombineTest, FingerprintsTellCombinationsApart) {
  const SharedDataset pets = open("pets"), farm = open("farm");
  const std::array zero_one{SampleId{0}, SampleId{1}}, one_zero{SampleId{1}, SampleId{0}};
  const std::set<std::uint64_t> all{
      ConcatDataset({pets, farm}).fingerprint(), ConcatDataset({farm, pets}).fingerprint(),
      ConcatDataset({pets}).fingerprint(),       pets->fingerprint(),
      Subset(pets, 0, 2).fingerprint(),          Subset(pets, 1, 2).fingerprint(),
      Subset(pets, zero_one).fingerprint(),      Subset(pets, one_zero).fingerprint(),
      Subset(farm, one_zero).fingerprint()};
  EXPECT_EQ(all.size(), 9U);
}

TEST_F(CombineTest, PartsThatFitIntoNoBatchAreRefusedWithBothForms) {
  const std::array<std::uint8_t, 12> bytes{};
  const ArrayView array{reinterpret_cast<const std::byte*>(bytes.data()), DType::u8, Axes{3, 4}};
  const auto arrays = std::make_shared<TensorDataset>(std::span(&array, 1));
  EXPECT_THAT(refusal_of([&] {
                ConcatDataset({open("pets"), arrays});
              }),
              AllOf(HasSubstr("1.jpg"), HasSubstr("images of 3 channels"), HasSubstr("arrays of u8 [4]")));
  const auto grey = std::make_shared<test::PixelDataset>(2, SampleShape{4, 5, 1});
  EXPECT_THAT(refusal_of([&] { ConcatDataset({open("pets"), grey}); }), HasSubstr("images of 1 channel;"));
  const auto other_grey = std::make_shared<test::PixelDataset>(2, SampleShape{4, 6, 1});
  EXPECT_THAT(refusal_of([&] { ConcatDataset({grey, other_grey}); }), HasSubstr("different sizes"));
  EXPECT_THAT(refusal_of([&] { ConcatDataset({}); }), HasSubstr("at least one"));
  EXPECT_THAT(refusal_of([&] { ConcatDataset({nullptr}); }), HasSubstr("null"));
}

TEST_F(CombineTest, PixelsAndFilesOfThreeChannelsGoTogether) {
  const auto pixels = std::make_shared<test::PixelDataset>(2);
  const ConcatDataset both({open("pets"), pixels});
  EXPECT_EQ(both.size(), 5U);
  EXPECT_EQ(both.sample_shape(), std::nullopt);
  EXPECT_EQ(both.recipe(), std::nullopt) << "a part is a class of the caller's";
  EXPECT_EQ(ConcatDataset({pixels, pixels}).sample_shape(), (SampleShape{4, 5, 3}));
}

TEST_F(CombineTest, SubsetsBeyondTheDatasetAreRefused) {
  const SharedDataset pets = open("pets");
  EXPECT_THAT(refusal_of([&] { Subset(pets, 2, 2); }), AllOf(HasSubstr("from 2 on"), HasSubstr("has 3")));
  EXPECT_THAT(refusal_of([&] { Subset(pets, 0, 0); }), HasSubstr("no sample"));
  const std::array ids{SampleId{0}, SampleId{3}};
  EXPECT_THAT(refusal_of([&] { Subset(pets, ids); }), AllOf(HasSubstr("entry 1"), HasSubstr("0 to 2")));
  EXPECT_THAT(refusal_of([&] { Subset(nullptr, ids); }), HasSubstr("null"));
  EXPECT_EQ(Subset(pets, 1, 2).original(SampleId{1}), SampleId{2});
}

std::set<std::uint64_t> ids_of(const Subset& part) {
  std::set<std::uint64_t> ids;
  for (std::uint64_t id = 0; id < part.size(); ++id) ids.insert(to_index(part.original(SampleId{id})));
  return ids;
}

TEST(RandomSplit, PartsAreDisjointAllOfItAndTheSameInEveryRun) {
  const auto whole = std::make_shared<test::PixelDataset>(1001);
  const std::array fractions{0.7, 0.2, 0.1};
  const auto parts = random_split(whole, fractions, {.seed = 3});
  const auto again = random_split(whole, fractions, {.seed = 3});
  std::set<std::uint64_t> seen;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto ids = ids_of(*parts[i]);
    EXPECT_EQ(ids, ids_of(*again[i]));
    for (const std::uint64_t id : ids) EXPECT_TRUE(seen.insert(id).second) << id;
  }
  EXPECT_EQ(seen.size(), 1001U);
  EXPECT_THAT((std::array{parts[0]->size(), parts[1]->size(), parts[2]->size()}), ElementsAre(701, 200, 100));
  EXPECT_NE(ids_of(*parts[0]), ids_of(*random_split(whole, fractions, {.seed = 4})[0]));
  // A promise to whoever has trained on one part: it stays that part.
  std::vector<std::uint64_t> first;
  for (std::uint64_t id = 0; id < 5; ++id) first.push_back(to_index(parts[2]->original(SampleId{id})));
  EXPECT_THAT(first, ElementsAre(0, 2, 10, 11, 18));
}

TEST(RandomSplit, StratifiedPartsHaveTheirShareOfEveryLabel) {
  class Labelled : public test::PixelDataset, public KnowsLabels {
   public:
    Labelled() : PixelDataset(1000) {}
    std::int64_t label_of(SampleId id) const override { return to_index(id) < 900 ? 0 : to_index(id) < 990 ? 7 : -1; }
  };
  const auto whole = std::make_shared<Labelled>();
  const std::array fractions{0.8, 0.2};
  const auto parts = random_split(whole, fractions, {.stratified = true});
  std::map<std::int64_t, int> counts;
  for (std::uint64_t id = 0; id < parts[1]->size(); ++id) ++counts[parts[1]->label(SampleId{id})];
  EXPECT_EQ(counts, (std::map<std::int64_t, int>{{0, 180}, {7, 18}, {-1, 2}}));
  std::set<std::uint64_t> both = ids_of(*parts[0]);
  both.merge(ids_of(*parts[1]));
  EXPECT_EQ(both.size(), 1000U);
}

TEST(RandomSplit, StratifiedPartsOfManySmallLabelsHaveTheirSizeToo) {
  class Pairs : public test::PixelDataset, public KnowsLabels {
   public:
    Pairs() : PixelDataset(200) {}
    std::int64_t label_of(SampleId id) const override { return static_cast<std::int64_t>(to_index(id) / 2); }
  };
  const auto parts = random_split(std::make_shared<Pairs>(), std::array{0.8, 0.2}, {.stratified = true});
  EXPECT_EQ(parts[0]->size(), 160U);
  EXPECT_EQ(parts[1]->size(), 40U);
}

TEST(RandomSplit, FractionsThatAreNotOneTogetherAreRefused) {
  const auto whole = std::make_shared<test::PixelDataset>(10);
  const auto refusal = [&](std::vector<double> fractions, ErrorCode code) {
    return refusal_of([&] { random_split(whole, fractions); }, code);
  };
  EXPECT_THAT(refusal({0.5, 0.4}, ErrorCode::invalid_argument), HasSubstr("0.9 together"));
  EXPECT_THAT(refusal({1.5, -0.5}, ErrorCode::invalid_argument), HasSubstr("1.5"));
  EXPECT_THAT(refusal({}, ErrorCode::invalid_argument), HasSubstr("0 together"));
  EXPECT_THAT(refusal({0.99, 0.01}, ErrorCode::dataset), HasSubstr("part 2 of the split, 0.01 of 10 samples"));
  EXPECT_EQ(random_split(whole, std::array{1.0 / 3, 1.0 / 3, 1.0 / 3}).size(), 3U);
}

TEST_F(CombineTest, SourcesAreCombinedByName) {
  EXPECT_THAT(names_in(*open_source("concat:" + path("pets") + "," + path("farm"))),
              ElementsAre("1=0", "2=0", "3=1", "4=2", "5=1", "6=1"));
  EXPECT_THAT(
      names_in(*open_source(fmt::format("concat:[subset:[{}]?from=2],[folder:{}]", path("pets"), path("flat")))),
      ElementsAre("3=1", "7=-1"));
  EXPECT_THAT(names_in(*open_source("subset:" + path("pets") + "?from=1&to=2")), ElementsAre("2=0"));
  const auto train = open_source(fmt::format("split:[{}]?part=train&fraction=0.6&stratified=yes", path("farm")));
  const auto val = open_source(fmt::format("split:[{}]?part=val&fraction=0.4&stratified=yes", path("farm")));
  EXPECT_EQ(train->size() + val->size(), 3U);
}

TEST_F(CombineTest, WrongNamesOfCombinationsAreRefused) {
  const auto refusal = [](const std::string& source) {
    return refusal_of([&] { open_source(source); }, ErrorCode::invalid_argument);
  };
  EXPECT_THAT(refusal("concat:[" + path("pets")), HasSubstr("position 1 is not closed"));
  EXPECT_THAT(refusal("concat:[" + path("pets") + "]x"), HasSubstr("comma"));
  EXPECT_THAT(refusal("concat:" + path("pets") + "?a=b"), HasSubstr("brackets"));
  EXPECT_THAT(refusal("subset:" + path("pets") + "?from=2&to=2"), HasSubstr("from 2 to 2"));
  EXPECT_THAT(refusal("subset:" + path("pets") + "?from=x"), HasSubstr("\"x\", which is no number"));
  EXPECT_THAT(refusal("split:" + path("pets") + "?part=test&fraction=0.5"), HasSubstr("part=train"));
  EXPECT_THAT(refusal("split:" + path("pets") + "?part=val&fraction=1.5"), HasSubstr("1.5"));
}

}  // namespace
}  // namespace slabring
