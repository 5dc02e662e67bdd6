#include "slabring/filter.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <stdexcept>

#include "dataset/filter_rules.hpp"
#include "dataset/open_dataset.hpp"
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

std::vector<std::uint64_t> ids_of(const Subset& subset) {
  std::vector<std::uint64_t> ids;
  for (std::uint64_t id = 0; id < subset.size(); ++id) ids.push_back(to_index(subset.original(SampleId{id})));
  return ids;
}

/// cat 0 and 1, dog 2 to 4, puppy 5.
class FilterTest : public testing::Test {
 protected:
  FilterTest() {
    for (const char* name : {"cat/1.jpg", "cat/2.png", "dog/3.jpg", "dog/old/4.jpg", "dog/old/5.png", "puppy/6.jpg"}) {
      folder_.write(name);
    }
    pets_ = std::make_shared<ImageFolder>(folder_.path());
  }
  std::vector<std::uint64_t> ids(const std::string& rules) const { return ids_of(*filter(pets_, filter_rules(rules))); }
  std::string refusal(const std::string& rules, ErrorCode code = ErrorCode::invalid_argument) const {
    return refusal_of([&] { ids(rules); }, code);
  }

  test::TemporaryFolder folder_;
  SharedDataset pets_;
};

TEST_F(FilterTest, KeepsWhatAPredicateSaysInTheOrderOfTheWhole) {
  const auto even = filter(pets_, [](const SampleFacts& sample) { return to_index(sample.id()) % 2 == 0; });
  EXPECT_THAT(ids_of(*even), ElementsAre(0, 2, 4));
  EXPECT_THAT(ids_of(*filter(pets_, [](const SampleFacts& sample) { return sample.label() > 0; })),
              ElementsAre(2, 3, 4, 5));
  EXPECT_THAT(ids_of(*filter(pets_, [](const SampleFacts& sample) { return sample.class_name() == "puppy"; })),
              ElementsAre(5));
  EXPECT_THAT(ids_of(*filter(pets_, [](const SampleFacts& sample) { return sample.name().ends_with("/3.jpg"); })),
              ElementsAre(2));
  EXPECT_THAT(even->classes(), ElementsAre("cat", "dog", "puppy")) << "labels stay as they are";
}

TEST_F(FilterTest, RulesAreOfLabelsClassesAndNames) {
  EXPECT_THAT(ids("label=0,2"), ElementsAre(0, 1, 5));
  EXPECT_THAT(ids("label=1..2"), ElementsAre(2, 3, 4, 5));
  EXPECT_THAT(ids("label!=1..2"), ElementsAre(0, 1));
  EXPECT_THAT(ids("class=cat,pup*"), ElementsAre(0, 1, 5));
  EXPECT_THAT(ids("class!=dog"), ElementsAre(0, 1, 5));
  EXPECT_THAT(ids("name=*.png"), ElementsAre(1, 4));
  EXPECT_THAT(ids("name!=*.png&class=dog"), ElementsAre(2, 3));
}

TEST_F(FilterTest, NamesAreComparedFromTheirEndPartByPart) {
  EXPECT_THAT(ids("name=dog/*"), ElementsAre(2)) << "a * stays between two slashes";
  EXPECT_THAT(ids("name=old/*,6.jpg"), ElementsAre(3, 4, 5));
  EXPECT_THAT(ids("name=dog/old/[4]*"), ElementsAre(3));
  EXPECT_THAT(ids(fmt::format("name={}/cat/?.jpg", folder_.path().native())), ElementsAre(0));
  EXPECT_THAT(refusal("name=/cat/1.jpg", ErrorCode::dataset), HasSubstr("none of the 6 samples"));
}

TEST_F(FilterTest, IsASourceLikeOthersAndGoesToOtherProcesses) {
  const std::string path = folder_.path().native();
  const auto opened = open_source(fmt::format("filter:[{}]?class=dog&name!=*.png", path));
  EXPECT_THAT(ids_of(dynamic_cast<const Subset&>(*opened)), ElementsAre(2, 3));
  const auto again = open_dataset(*opened->recipe());
  EXPECT_EQ(again->fingerprint(), opened->fingerprint());
  EXPECT_EQ(again->describe(SampleId{1}), path + "/dog/old/4.jpg");
  EXPECT_NE(filter(pets_, filter_rules("label=1"))->fingerprint(),
            filter(pets_, filter_rules("label=0"))->fingerprint());
}

TEST_F(FilterTest, WrongRulesAreRefusedWithWhatWouldBeRight) {
  EXPECT_THAT(refusal("class=cat,horse", ErrorCode::dataset),
              AllOf(HasSubstr("no class is like \"horse\""), HasSubstr("cat, dog, puppy")));
  EXPECT_THAT(refusal("label=3..9", ErrorCode::dataset), HasSubstr("the filter label=3..9 lets pass none of the 6"));
  EXPECT_THAT(refusal("label=cat"), AllOf(HasSubstr("\"cat\" names no label"), HasSubstr("FIRST..LAST")));
  EXPECT_THAT(refusal("label=4..2"), HasSubstr("\"4..2\""));
  EXPECT_THAT(refusal("label="), HasSubstr("names no label"));
  EXPECT_THAT(refusal("size=3"), AllOf(HasSubstr("no \"size\""), HasSubstr("label, class and name")));
  EXPECT_THAT(refusal("cat"), HasSubstr("\"cat\" is no rule"));
  EXPECT_THAT(refusal_of([&] { filter(pets_, std::span<const FilterRule>()); }, ErrorCode::invalid_argument),
              HasSubstr("no rule"));
  EXPECT_THAT(refusal_of([&] { filter(pets_, SamplePredicate()); }, ErrorCode::invalid_argument), HasSubstr("empty"));
  EXPECT_THAT(refusal_of([&] { filter(pets_, [](const SampleFacts&) { return false; }); }, ErrorCode::dataset),
              HasSubstr("none of the 6"));
  EXPECT_THAT(refusal_of([] { filter(nullptr, filter_rules("label=1")); }, ErrorCode::dataset), HasSubstr("null"));
  const auto pixels = std::make_shared<test::PixelDataset>(4);
  EXPECT_THAT(refusal_of([&] { filter(pixels, filter_rules("class=cat")); }, ErrorCode::dataset),
              HasSubstr("has no class names"));
}

TEST(Filter, SamplesWhoseLabelCannotBeReadStayAndOtherExceptionsArePassedOn) {
  class Broken : public test::PixelDataset {
   public:
    Broken() : PixelDataset(6) {}
    void load(SampleId id, Sample& sample) const override {
      if (id == SampleId{4}) throw std::runtime_error("damaged");
      PixelDataset::load(id, sample);  // labels are 3 times the id
    }
  };
  const auto whole = std::make_shared<Broken>();
  EXPECT_THAT(ids_of(*filter(whole, filter_rules("label=3"))), ElementsAre(1, 4));
  EXPECT_THAT(ids_of(*filter(whole, filter_rules("label!=3"))), ElementsAre(0, 2, 3, 4, 5));
  const auto faulty = [](const SampleFacts& sample) -> bool {
    if (sample.label() > 0) throw std::logic_error("mine");
    return true;
  };
  EXPECT_THROW(filter(whole, faulty), std::logic_error);
}

/// As packs and records describe theirs.
TEST(Filter, RecordsAreCalledAsInTheirFile) {
  class Records : public test::PixelDataset {
   public:
    Records() : PixelDataset(3) {}
    std::string describe(SampleId id) const override {
      constexpr std::array descriptions{"/a/b.slabpack, sample 17 (cat/1 (2).jpg)", "/a/b.tar, sample key/0001",
                                        "/a/b.tar, sample 12"};
      return descriptions[to_index(id)];
    }
  };
  const Records records;
  EXPECT_EQ(SampleFacts(records, SampleId{0}).name(), "cat/1 (2).jpg");
  EXPECT_EQ(SampleFacts(records, SampleId{1}).name(), "key/0001");
  EXPECT_EQ(SampleFacts(records, SampleId{2}).name(), "12");
}

}  // namespace
}  // namespace slabring
