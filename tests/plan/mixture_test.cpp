#include "slabring/mixture.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <set>

#include "dataset/open_dataset.hpp"
#include "slabring/error.hpp"
#include "slabring/loader.hpp"
#include "support/image_tree.hpp"
#include "support/pixel_dataset.hpp"
#include "support/stream_digest.hpp"
#include "support/temporary_folder.hpp"

namespace slabring {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<SharedDataset> parts_of(std::initializer_list<std::uint64_t> sizes) {
  std::vector<SharedDataset> parts;
  for (const std::uint64_t size : sizes) parts.push_back(std::make_shared<test::PixelDataset>(size));
  return parts;
}

TEST(Mixture, WeightsHoldExactlyInEveryBlockAndNearlyInBetween) {
  const MixtureDataset mixture(parts_of({100, 7, 5000}), std::array{5.0, 1.0, 2.0}, {.seed = 3, .draws = 200'000});
  EXPECT_THAT(mixture.shares(), ElementsAre(40960, 8192, 16384));
  std::array<std::uint64_t, 3> counts{};
  for (std::uint64_t i = 0; i < 2 * 65536; ++i) {
    ++counts[mixture.draw(SampleId{i}).part];
    if (i + 1 == 1000) {
      EXPECT_NEAR(static_cast<double>(counts[0]), 625, 80);
    }
    if (i + 1 == 65536) {
      EXPECT_THAT(counts, ElementsAre(40960, 8192, 16384));
    }
  }
  EXPECT_THAT(counts, ElementsAre(81920, 16384, 32768));
}

TEST(Mixture, NoSampleOfAPartComesAgainBeforeAllHaveCome) {
  const MixtureDataset mixture(parts_of({50, 30}), std::array{2.0, 1.0}, {.draws = 200'000});
  std::array<std::vector<std::uint64_t>, 2> drawn;
  for (std::uint64_t i = 0; i < mixture.size(); ++i) {
    const auto draw = mixture.draw(SampleId{i});
    drawn[draw.part].push_back(to_index(draw.id));
  }
  std::set<std::vector<std::uint64_t>> orders;
  for (std::size_t pass = 0; (pass + 1) * 50 <= drawn[0].size(); ++pass) {
    const auto begin = drawn[0].begin() + static_cast<std::ptrdiff_t>(pass * 50);
    EXPECT_EQ(std::set<std::uint64_t>(begin, begin + 50).size(), 50U) << pass;
    orders.emplace(begin, begin + 50);
  }
  EXPECT_EQ(orders.size(), drawn[0].size() / 50) << "each pass has another order";
}

TEST(Mixture, IsAFunctionOfTheSeedAlone) {
  const std::array weights{0.25, 0.75};
  const MixtureDataset one(parts_of({10, 20}), weights, {.seed = 1, .draws = 1000});
  const MixtureDataset same(parts_of({10, 20}), weights, {.seed = 1, .draws = std::uint64_t{1} << 40});
  const MixtureDataset other(parts_of({10, 20}), weights, {.seed = 2, .draws = 1000});
  bool differs = false;
  for (std::uint64_t i = 0; i < 1000; ++i) {
    EXPECT_EQ(one.draw(SampleId{i}), same.draw(SampleId{i}));
    differs = differs || one.draw(SampleId{i}) != other.draw(SampleId{i});
  }
  EXPECT_TRUE(differs);
  EXPECT_LT(same.draw(SampleId{(std::uint64_t{1} << 40) - 1}).part, 2U);
  EXPECT_NE(one.fingerprint(), other.fingerprint());
}

TEST(Mixture, WithoutShuffleEachPartComesInItsOrder) {
  const MixtureDataset mixture(parts_of({5, 3}), std::array{1.0, 3.0}, {.draws = 100'000, .shuffle = false});
  std::array<std::uint64_t, 2> next{};
  for (std::uint64_t i = 0; i < mixture.size(); ++i) {
    const auto draw = mixture.draw(SampleId{i});
    ASSERT_EQ(to_index(draw.id), next[draw.part]++ % (draw.part == 0 ? 5 : 3)) << i;
  }
}

TEST(Mixture, SmallestWeightsGetAShareAndWrongOnesARefusal) {
  const MixtureDataset mixture(parts_of({5, 3, 2}), std::array{1e-9, 1.0, 1.0});
  EXPECT_THAT(mixture.shares(), ElementsAre(1, 32768, 32767));
  EXPECT_EQ(mixture.size(), 10U);
  const auto refusal = [](std::vector<double> weights) {
    try {
      MixtureDataset(parts_of({5, 3}), weights);
      return std::string("not refused");
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
      return std::string(error.what());
    }
  };
  EXPECT_THAT(refusal({1}), HasSubstr("2 parts has 1 weights"));
  EXPECT_THAT(refusal({1, 0}), HasSubstr("weight of a mixture is 0"));
  EXPECT_THAT(refusal({1, -1}), HasSubstr("-1"));
}

TEST(Mixture, GoesToEveryStartMethodAndOnFromEpochToEpoch) {
  const test::TemporaryFolder folder;
  test::write_image_tree(folder.path() / "a", 2, 10);
  test::write_image_tree(folder.path() / "b", 3, 5);
  const std::vector<SharedDataset> parts{std::make_shared<ImageFolder>(folder.path() / "a"),
                                         std::make_shared<ImageFolder>(folder.path() / "b")};
  const MixtureDataset mixture(parts, std::array{1.0, 2.0}, {.seed = 5, .draws = std::uint64_t{1} << 40});
  const Pipeline pipeline{RandomResizedCrop{24}};
  LoaderOptions options{.batch_size = 8, .seed = 7, .workers = 0};
  options.sampler = Sampler::sequential().repeat(40);
  Loader here(mixture, pipeline, options);
  const auto expected = test::stream(here, 2);
  EXPECT_EQ(std::set(expected.begin(), expected.end()).size(), 10U) << "the second epoch goes on";
  for (const StartMethod method : {StartMethod::forkserver, StartMethod::spawn}) {
    options.workers = 2;
    options.start_method = method;
    Loader loader(mixture, pipeline, options);
    EXPECT_EQ(test::stream(loader, 2), expected) << to_string(method);
  }
  EXPECT_EQ(open_dataset(*mixture.recipe())->fingerprint(), mixture.fingerprint());
}

}  // namespace
}  // namespace slabring
