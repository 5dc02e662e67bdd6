#include "slabring/map.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <array>
#include <cstring>
#include <set>
#include <stdexcept>

#include "dataset/label_of.hpp"
#include "dataset/open_dataset.hpp"
#include "slabring/error.hpp"
#include "slabring/loader.hpp"
#include "slabring/sources.hpp"
#include "support/image_tree.hpp"
#include "support/pixel_dataset.hpp"
#include "support/refusal.hpp"
#include "support/stream_digest.hpp"
#include "support/temporary_folder.hpp"

namespace slabring {
namespace {

using test::refusal_of;
using test::stream;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

using Names = std::vector<std::pair<std::string, std::string>>;

/// As load() says, and as label_of() says without it.
std::vector<std::int64_t> labels_in(const Dataset& dataset) {
  std::vector<std::int64_t> labels;
  for (std::uint64_t id = 0; id < dataset.size(); ++id) {
    Sample sample;
    dataset.load(SampleId{id}, sample);
    EXPECT_EQ(sample.label(), label_of(dataset, SampleId{id}));
    labels.push_back(sample.label());
  }
  return labels;
}

/// Turns pixels upside down in place, and gives each the number of its sample as label.
void turn(SampleId id, Sample& sample) {
  const ImageView before = sample.pixels();
  std::vector<std::byte> copy(sample.buffer());
  const auto row_bytes = static_cast<std::size_t>(before.stride);
  for (int y = 0; y < before.height; ++y) {
    const auto from = static_cast<std::size_t>(before.height - 1 - y) * row_bytes;
    std::memcpy(sample.buffer().data() + static_cast<std::size_t>(y) * row_bytes, copy.data() + from, row_bytes);
  }
  sample.set_label(static_cast<std::int64_t>(to_index(id)));
}

TEST(MapDataset, WorkersThatAreForkedCallTheFunction) {
  const auto pixels = std::make_shared<test::PixelDataset>(50);
  const MapDataset turned(pixels, turn);
  const LoaderOptions options{.batch_size = 8, .shuffle = true, .workers = 0};
  LoaderOptions forked = options;
  forked.workers = 2;
  forked.start_method = StartMethod::fork;
  Loader plain(*pixels, {}, options), here(turned, {}, options), there(turned, {}, forked);
  const auto expected = stream(here, 2);
  EXPECT_EQ(stream(there, 2), expected);
  EXPECT_NE(stream(plain, 2), expected);
}

TEST(MapDataset, StartMethodsThatRunOtherProgramsRefuseAFunctionWithTheReason) {
  const MapDataset turned(std::make_shared<test::PixelDataset>(50), turn);
  for (const StartMethod method : {StartMethod::forkserver, StartMethod::spawn}) {
    const LoaderOptions options{.batch_size = 8, .workers = 1, .start_method = method};
    EXPECT_THAT(refusal_of([&] { Loader(turned, {}, options); }, ErrorCode::invalid_argument),
                AllOf(HasSubstr("MapDataset with a function"), HasSubstr("fork or workers 0")));
  }
}

TEST(MapDataset, WhatAFunctionThrowsIsTheFaultOfItsSample) {
  const MapDataset some(std::make_shared<test::PixelDataset>(20), [](SampleId id, Sample&) {
    if (id == SampleId{7}) throw std::runtime_error("not this one");
  });
  const LoaderOptions options{.batch_size = 4, .on_error = OnError::mask, .workers = 0};
  Loader loader(some, {}, options);
  stream(loader);
  ASSERT_EQ(loader.faults().size(), 1U);
  EXPECT_EQ(loader.faults()[0].id, SampleId{7});
  EXPECT_EQ(loader.faults()[0].message, "not this one");
}

TEST(MapDataset, OptionsAreNamesAndAVersion) {
  const auto pixels = std::make_shared<test::PixelDataset>(4);
  const MapDataset one(pixels, turn, {.classes = std::vector<std::string>{"a", "b"}, .version = 1});
  EXPECT_THAT(one.classes(), ElementsAre("a", "b"));
  const std::set<std::uint64_t> all{pixels->fingerprint(), one.fingerprint(), MapDataset(pixels, turn).fingerprint()};
  EXPECT_EQ(all.size(), 3U);
  EXPECT_THAT(refusal_of([&] { MapDataset(pixels, SampleFunction()); }, ErrorCode::invalid_argument),
              HasSubstr("empty"));
  EXPECT_THAT(refusal_of([] { MapDataset(nullptr, turn); }, ErrorCode::dataset), HasSubstr("null"));
}

/// cat 0, cow 1, dog 2, emu 3: one sample of each.
class RelabelTest : public testing::Test {
 protected:
  RelabelTest() {
    for (const char* name : {"cat", "cow", "dog", "emu"}) folder_.write(std::string(name) + "/1.jpg");
    animals_ = std::make_shared<ImageFolder>(folder_.path());
  }
  std::string source(const std::string& options) const {
    return "relabel:[" + folder_.path().native() + "]?" + options;
  }

  test::TemporaryFolder folder_;
  SharedDataset animals_;
};

TEST_F(RelabelTest, NamesFollowTheirLabels) {
  const RelabelDataset swapped(animals_, {{0, 1}, {1, 0}});
  EXPECT_THAT(labels_in(swapped), ElementsAre(1, 0, 2, 3));
  EXPECT_THAT(swapped.classes(), ElementsAre("cow", "cat", "dog", "emu"));
  const RelabelDataset merged(animals_, {{2, 0}, {3, -1}});
  EXPECT_THAT(labels_in(merged), ElementsAre(0, 1, 0, -1));
  EXPECT_THAT(merged.classes(), ElementsAre("cat", "cow"));
  EXPECT_THAT(RelabelDataset(animals_, {{0, 5}}).classes(), ElementsAre("0", "cow", "dog", "emu", "4", "cat"));
  EXPECT_THAT(RelabelDataset(animals_, {{0, 5}}, std::vector<std::string>{"x"}).classes(), ElementsAre("x"));
  EXPECT_THAT(refusal_of(
                  [&] {
                    RelabelDataset(animals_, {{0, 1 << 30}});
                  },
                  ErrorCode::invalid_argument),
              AllOf(HasSubstr("class cat"), HasSubstr("below 1048576")));
}

TEST_F(RelabelTest, ClassesOfOneNameBecomeOneNumberedByTheFirst) {
  const auto some = rename_classes(animals_, Names{{"c?w", "farm"}, {"c*", "pet"}, {"dog", "pet"}});
  EXPECT_THAT(some->classes(), ElementsAre("pet", "farm", "emu"));
  EXPECT_THAT(labels_in(*some), ElementsAre(0, 1, 0, 2));
  const auto joined = rename_classes(animals_, Names{{"cat", "dog"}});
  EXPECT_THAT(joined->classes(), ElementsAre("dog", "cow", "emu")) << "a name that is there already";
  EXPECT_THAT(labels_in(*joined), ElementsAre(0, 1, 0, 2));
  EXPECT_THAT(refusal_of(
                  [&] {
                    rename_classes(animals_, Names{{"ape", "x"}});
                  },
                  ErrorCode::dataset),
              HasSubstr("no class is like \"ape\"; there are cat, cow, dog, emu"));
}

TEST_F(RelabelTest, IsASourceLikeOthersAndGoesToOtherProcesses) {
  const auto by_name = open_source(source("class=cat:pet,dog:pet,*:other"));
  EXPECT_THAT(by_name->classes(), ElementsAre("pet", "other"));
  EXPECT_THAT(labels_in(*by_name), ElementsAre(0, 1, 0, 1));
  const auto by_label = open_source(source("label=0:0,1..3:1"));
  EXPECT_THAT(labels_in(*by_label), ElementsAre(0, 1, 1, 1));
  const auto again = open_dataset(*by_name->recipe());
  EXPECT_EQ(labels_in(*again), labels_in(*by_name));
  EXPECT_THAT(again->classes(), ElementsAre("pet", "other"));
  EXPECT_EQ(again->fingerprint(), by_name->fingerprint());
  EXPECT_NE(by_label->fingerprint(), by_name->fingerprint());
  EXPECT_THAT(labels_in(*open_source("concat:[" + source("class=cat:emu") + "],[" + folder_.path().native() + "]")),
              ElementsAre(0, 1, 2, 0, 3, 1, 2, 0))
      << "names are merged as they are now";
}

TEST_F(RelabelTest, WrongRulesAreRefusedWithWhatWouldBeRight) {
  const auto refusal = [this](const std::string& options) {
    return refusal_of([&] { open_source(source(options)); }, ErrorCode::invalid_argument);
  };
  EXPECT_THAT(refusal("class=cat"), HasSubstr("\"cat\" relabels nothing; it must be OLD:NEW"));
  EXPECT_THAT(refusal("label=1:"), HasSubstr("\"1:\""));
  EXPECT_THAT(refusal("label=x:1"), HasSubstr("\"x\" names no label"));
  EXPECT_THAT(refusal("label=1:2..3"), HasSubstr("one label"));
  EXPECT_THAT(refusal("label=0..9999999:1"), HasSubstr("more than 1048576 labels"));
  EXPECT_THAT(refusal("label="), HasSubstr("such as class=cat:pet"));
  EXPECT_THAT(refusal("colour=1:2"), HasSubstr("\"colour=1:2\""));
  EXPECT_THAT(refusal("label=1:2&class=cat:dog"), HasSubstr("has 2 options"));
}

TEST(RelabelDataset, IsTheSameForAllStartMethodsAndWhoeverDies) {
  const test::TemporaryFolder folder;
  test::write_image_tree(folder.path(), 3, 16);
  const auto whole = std::make_shared<ImageFolder>(folder.path());
  const RelabelDataset merged(whole, {{2, 0}});
  const Pipeline pipeline{RandomResizedCrop{24}, RandomHorizontalFlip{}};
  LoaderOptions options{.batch_size = 8, .shuffle = true, .seed = 7, .workers = 0};
  Loader here(merged, pipeline, options), unmerged(*whole, pipeline, options);
  const auto expected = stream(here, 2);
  EXPECT_NE(stream(unmerged, 2), expected);
  options.workers = 2;
  for (const StartMethod method : {StartMethod::forkserver, StartMethod::spawn, StartMethod::fork}) {
    options.start_method = method;
    Loader loader(merged, pipeline, options);
    std::vector<std::uint64_t> digests;
    for (std::uint64_t epoch = 0; epoch < 2; ++epoch) {
      for (Batch& batch : loader.epoch(epoch)) {
        digests.push_back(test::digest(batch));
        if (digests.size() % 4 == 0) {
          for (const int pid : loader.stats().worker_pids) kill(pid, SIGKILL);
        }
      }
    }
    EXPECT_EQ(digests, expected) << to_string(method);
  }
}

}  // namespace
}  // namespace slabring
