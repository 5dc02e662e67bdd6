// --sampler: each word with its file gives the samples that it says, and what makes no sense is a sentence.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <numeric>
#include <sstream>

#include "folder.hpp"
#include "run_program.hpp"
#include "slabring/dataset.hpp"

namespace slabring::test {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using Ids = std::vector<std::uint64_t>;

std::uint64_t samples() {
  static const std::uint64_t count = ImageFolder(photos()).size();
  return count;
}

class SamplerFiles : public testing::Test {
 protected:
  Outcome digest(const std::string& sampler, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments{"digest",    photos(), "--sampler", sampler, "--size", "8",
                                       "--workers", "0",      "--batch",   "4",     "--rows"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return slabring(arguments);
  }
  /// The ids in the order of delivery.
  Ids ids_of(const std::string& sampler, const std::vector<std::string>& more = {}) {
    const Outcome outcome = digest(sampler, more);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    Ids ids;
    std::istringstream lines(outcome.out);
    for (std::string line; std::getline(lines, line);) {
      std::istringstream words(line);
      std::string row, epoch, batch, number;
      std::uint64_t id = 0;
      if (words >> row >> epoch >> batch >> number >> id && row == "row") ids.push_back(id);
    }
    return ids;
  }
  std::string refusal_of(const std::string& sampler, const std::vector<std::string>& more = {}) {
    const Outcome outcome = digest(sampler, more);
    EXPECT_EQ(outcome.status, 2) << outcome.err;
    EXPECT_THAT(outcome.err, StartsWith("slabring digest: "));
    EXPECT_THAT(outcome.out, IsEmpty());
    return outcome.err;
  }
  std::string file(const std::string& text) { return folder_.write("numbers.txt", text); }
  /// One number a line for each sample.
  std::string file_for_all(const std::function<std::string(std::uint64_t)>& number) {
    std::string text;
    for (std::uint64_t id = 0; id < samples(); ++id) text += number(id) + '\n';
    return file(text);
  }

  Folder folder_;
};

TEST_F(SamplerFiles, OrderIsDeliveredAsItIsWritten) {
  Ids reversed(samples());
  std::iota(reversed.rbegin(), reversed.rend(), 0);
  const std::string order =
      "order:" + file_for_all([](std::uint64_t id) { return fmt::to_string(samples() - 1 - id); });
  EXPECT_EQ(ids_of(order), reversed);
  EXPECT_EQ(ids_of(order, {"--epoch", "3", "--seed", "9"}), reversed);
}

TEST_F(SamplerFiles, SubsetIsPermutedAnewEachEpoch) {
  const std::string subset = "subset:" + file("1 3 5\n7\t9\n");
  Ids one = ids_of(subset);
  Ids both = ids_of(subset, {"--epochs", "2"});
  ASSERT_EQ(both.size(), 10U);
  EXPECT_TRUE(std::equal(one.begin(), one.end(), both.begin()));
  std::sort(both.begin() + 5, both.end());
  EXPECT_EQ(Ids(both.begin() + 5, both.end()), (Ids{1, 3, 5, 7, 9}));
}

TEST_F(SamplerFiles, BatchesAreTheLinesOfTheFile) {
  const Outcome outcome = digest("batches:" + file("4 2\n\n7\n1 1 3 0\n"));
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  std::map<std::string, Ids> batches;
  std::istringstream lines(outcome.out);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string row, epoch, batch, number;
    std::uint64_t id = 0;
    if (words >> row >> epoch >> batch >> number >> id && row == "row") batches[batch].push_back(id);
  }
  EXPECT_THAT(batches, ElementsAre(std::pair("0", Ids{4, 2}), std::pair("1", Ids{7}), std::pair("2", Ids{1, 1, 3, 0})));
}

TEST_F(SamplerFiles, WeightsChooseWhatHasSome) {
  const auto weight = [](std::uint64_t id) { return std::string(id == 2 ? "1.5" : id == 5 ? "3e-1" : "0"); };
  const std::string name = file_for_all(weight);
  const Ids drawn = ids_of("weights:" + name);
  EXPECT_EQ(drawn.size(), samples());
  EXPECT_THAT(drawn, AllOf(Each(testing::AnyOf(2U, 5U)), Contains(2U)));
  Ids once = ids_of("weights-once:" + name);
  std::sort(once.begin(), once.end());
  EXPECT_EQ(once, (Ids{2, 5}));
}

TEST_F(SamplerFiles, RanksOfAMeshShareTheOrderOfTheFile) {
  const std::string order =
      "order:" + file_for_all([](std::uint64_t id) { return fmt::to_string(samples() - 1 - id); });
  Ids of_all;
  for (const char* rank : {"0", "1", "2", "3"}) {
    const Ids ids = ids_of(order, {"--rank", rank, "--world", "4", "--mesh", "data=2,model=2", "--uneven", "drop"});
    of_all.insert(of_all.end(), ids.begin(), ids.end());
  }
  std::map<std::uint64_t, int> counts;
  for (const std::uint64_t id : of_all) ++counts[id];
  EXPECT_EQ(counts.size(), samples() - samples() % 2);
  for (const auto& [id, count] : counts) EXPECT_EQ(count, 2) << "both ranks of one model get sample " << id;
}

TEST_F(SamplerFiles, WeightsThatMakeNoSenseAreRefused) {
  for (const char* const word : {"weights:", "weights-once:"}) {
    const auto refusal = [&](const std::function<std::string(std::uint64_t)>& weight) {
      return refusal_of(word + file_for_all(weight));
    };
    EXPECT_THAT(refusal([](std::uint64_t id) { return id == 3 ? "-0.5" : "1"; }),
                HasSubstr("weight 3 is -0.5; weights are 0 or more"));
    EXPECT_THAT(refusal([](std::uint64_t id) { return id == 4 ? "nan" : "1"; }), HasSubstr("weight 4 is nan"));
    EXPECT_THAT(refusal([](std::uint64_t id) { return id == 4 ? "inf" : "1"; }), HasSubstr("weight 4 is inf"));
    EXPECT_THAT(refusal([](std::uint64_t) { return "0"; }),
                HasSubstr(fmt::format("all {} weights are 0; at least one must be more", samples())));
    EXPECT_THAT(refusal_of(word + file("1 2 3\n")),
                HasSubstr(fmt::format("there are 3 weights, and the dataset has {} samples", samples())));
    EXPECT_THAT(refusal_of(word + file("\n")), HasSubstr("weights is empty"));
    EXPECT_THAT(refusal_of(word + file("1\ntwo\n")), AllOf(HasSubstr("line 2"), HasSubstr("numbers.txt")));
  }
}

TEST_F(SamplerFiles, OrdersThatDoNotFitAreRefused) {
  const auto one_beyond = [](std::uint64_t id) { return fmt::to_string(id == 6 ? samples() : id); };
  EXPECT_THAT(refusal_of("order:" + file_for_all(one_beyond)),
              HasSubstr(fmt::format("entry 6 is sample {}, and the dataset's are 0 to {}", samples(), samples() - 1)));
  EXPECT_THAT(refusal_of("order:" + file("0 1 2\n")),
              HasSubstr(fmt::format("there are 3 ids in the order, and the dataset has {} samples", samples())));
  EXPECT_THAT(refusal_of("order:" + file("")), HasSubstr("the file is empty"));
  EXPECT_THAT(refusal_of("order:" + file("0\n1\n-2\n")), HasSubstr("line 3"));
  EXPECT_THAT(refusal_of("order:" + file("0\n1.5\n")), HasSubstr("line 2"));
  EXPECT_THAT(refusal_of("order:" + file("99999999999999999999\n")), HasSubstr("line 1"));
}

TEST_F(SamplerFiles, SubsetsAndBatchesThatDoNotFitAreRefused) {
  EXPECT_THAT(refusal_of("subset:" + file(" \n")), HasSubstr("the subset is empty"));
  EXPECT_THAT(refusal_of("subset:" + file("1 100000\n")), HasSubstr("entry 1 is sample 100000"));
  EXPECT_THAT(refusal_of("batches:" + file("\n\n")), HasSubstr("there are no batches"));
  EXPECT_THAT(refusal_of("batches:" + file("0\n1 100000\n")), HasSubstr("entry 2 is sample 100000"));
  EXPECT_THAT(refusal_of("batches:" + file("0\n1 2 3 4 5\n")),
              AllOf(HasSubstr("a batch of 5 samples"), HasSubstr("batch")));
}

TEST_F(SamplerFiles, WhatNeedsAValueIsRefusedWithoutOne) {
  for (const char* const word : {"order", "subset", "batches", "weights", "weights-once", "window"}) {
    EXPECT_THAT(refusal_of(word), AllOf(HasSubstr(fmt::format("--sampler {}", word)), HasSubstr("weights-once:FILE")));
  }
  EXPECT_THAT(refusal_of("weights:" + folder_.path()), HasSubstr(folder_.path()));
  EXPECT_THAT(refusal_of("window:0"), HasSubstr("window is 0"));
  EXPECT_THAT(refusal_of("window:ten"), AllOf(HasSubstr("--sampler"), HasSubstr("ten")));
}

TEST_F(SamplerFiles, MeshThatDoesNotMultiplyToTheWorldIsRefused) {
  const std::string order = "order:" + file_for_all([](std::uint64_t id) { return fmt::to_string(id); });
  EXPECT_THAT(refusal_of(order, {"--rank", "0", "--world", "6", "--mesh", "data=4,model=2"}),
              AllOf(HasSubstr("--mesh is data=4,model=2"), HasSubstr("world, which is 6")));
}

}  // namespace
}  // namespace slabring::test
