// MixUp and CutMix through a whole loader. Batches that are not mixed come from a second loader with the same seed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <cstring>
#include <fstream>
#include <random>
#include <vector>

#include "augment/batch_mix.hpp"
#include "augment/program.hpp"
#include "base/random.hpp"
#include "slabring/loader.hpp"
#include "support/image_tree.hpp"
#include "support/stream_digest.hpp"
#include "support/temporary_folder.hpp"

namespace slabring {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;

constexpr int classes = 4;

Pipeline geometry(std::vector<Transform> last = {}) {
  last.insert(last.begin(), {RandomResizedCrop(24), RandomHorizontalFlip()});
  return Pipeline(std::move(last));
}
Pipeline either() { return geometry({RandomChoice({MixUp(classes, 0.8), CutMix(classes)})}); }

/// Everything a batch delivers, soft labels too.
std::uint64_t digest(const Batch& batch) {
  std::uint64_t hash = test::digest(batch);
  for (const float value : batch.soft_labels()) hash = hash * 31 + std::bit_cast<std::uint32_t>(value);
  return hash;
}
std::vector<std::uint64_t> stream(Loader& loader, std::uint64_t epochs) {
  std::vector<std::uint64_t> digests;
  for (std::uint64_t epoch = 0; epoch < epochs; ++epoch) {
    for (Batch& batch : loader.epoch(epoch)) digests.push_back(digest(batch));
  }
  return digests;
}

class Mix : public ::testing::Test {
 protected:
  Mix() { test::write_image_tree(folder_.path(), classes, 17); }  // 68 samples: 4 batches of 16, and one of 4

  static LoaderOptions options(int workers = 0, StartMethod method = StartMethod::forkserver) {
    return {.batch_size = 16, .shuffle = true, .seed = 3, .workers = workers, .start_method = method};
  }

  /// Compares every batch with what `mix_rows` makes of row i and row i - 1 of the batch that is not mixed.
  void expect_rolled(const Pipeline& mixed, const Pipeline& plain, const LoaderOptions& options) {
    const ImageFolder dataset(folder_.path());
    Loader loader(dataset, mixed, options);
    Loader reference(dataset, plain, options);
    const RowShape shape = loader.row_shape();
    const Program program(mixed, shape.dtype, shape.layout);
    reference.epoch(1);
    std::size_t batches = 0;
    for (Batch& batch : loader.epoch(1)) {
      const Batch other = reference.next();
      const MixDraw draw =
          program.batch_mix()->draw(epoch_key(options.seed, 1, RandomPurpose::mix), batch.index(), shape);
      std::vector<std::byte> row(shape.bytes());
      for (std::size_t i = 0; i < batch.size(); ++i) {
        const std::size_t partner = (i + batch.size() - 1) % batch.size();
        mix_rows(draw, shape, other.images().data + i * shape.bytes(), other.images().data + partner * shape.bytes(),
                 row.data());
        const bool alone = batch.size() == 1;
        const std::byte* expected = alone ? other.images().data : row.data();
        ASSERT_EQ(std::memcmp(batch.images().data + i * shape.bytes(), expected, row.size()), 0) << i;
        ASSERT_EQ(batch.labels()[i], other.labels()[i]);
        ASSERT_EQ(batch.partner_labels()[i], other.labels()[partner]);
        ASSERT_EQ(batch.lambdas()[i], alone ? 1.0F : draw.lambda);
      }
      ++batches;
    }
    EXPECT_EQ(batches, loader.batches_per_epoch());
  }

  test::TemporaryFolder folder_;
};

TEST_F(Mix, MixesEachRowWithTheOneBeforeItInPartialBatchesToo) {
  expect_rolled(either(), geometry(), options());
  expect_rolled(geometry({Normalize::imagenet(), MixUp(classes)}), geometry({Normalize::imagenet()}), options(2));
  LoaderOptions halves = options(2);
  halves.dtype = DType::f16;
  halves.layout = Layout::nhwc;
  halves.drop_last = true;
  expect_rolled(geometry({Normalize::imagenet(), CutMix(classes)}), geometry({Normalize::imagenet()}), halves);
}

TEST_F(Mix, ABatchOfOneStaysAsItIs) {
  LoaderOptions single = options();
  single.batch_size = 1;
  expect_rolled(either(), geometry(), single);
  single.batch_size = 67;  // the last one has one row
  expect_rolled(geometry({MixUp(classes)}), geometry(), single);
}

TEST_F(Mix, SoftLabelsAreSharesOfTheTwoLabels) {
  const ImageFolder dataset(folder_.path());
  Loader loader(dataset, geometry({MixUp(classes)}), options());
  for (Batch& batch : loader.epoch(0)) {
    const std::vector<float> soft = batch.soft_labels();
    ASSERT_EQ(soft.size(), batch.size() * classes);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      std::vector<float> expected(classes);
      expected[static_cast<std::size_t>(batch.partner_labels()[i])] += 1.0F - batch.lambdas()[i];
      expected[static_cast<std::size_t>(batch.labels()[i])] += batch.lambdas()[i];
      EXPECT_EQ(std::vector(soft.begin() + static_cast<std::ptrdiff_t>(i) * classes,
                            soft.begin() + static_cast<std::ptrdiff_t>(i + 1) * classes),
                expected);
    }
  }
  Loader plain(dataset, geometry(), options());
  for (Batch& batch : plain.epoch(0)) {
    EXPECT_TRUE(batch.soft_labels().empty());
    EXPECT_TRUE(batch.lambdas().empty());
    EXPECT_TRUE(batch.partner_labels().empty());
  }
}

TEST_F(Mix, GivesTheSameBytesWhateverTheWorkersAndHowTheyAreStarted) {
  const ImageFolder dataset(folder_.path());
  Loader here(dataset, either(), options());
  const std::vector<std::uint64_t> expected = stream(here, 2);
  for (const StartMethod method : {StartMethod::forkserver, StartMethod::spawn, StartMethod::fork}) {
    for (const int workers : {1, 3}) {
      Loader loader(dataset, Pipeline::from_json(either().to_json()), options(workers, method));
      EXPECT_EQ(stream(loader, 2), expected) << to_string(method) << " " << workers;
    }
  }
}

TEST_F(Mix, KilledWorkersCostNothingButTime) {
  const ImageFolder dataset(folder_.path());
  Loader here(dataset, either(), options());
  const std::vector<std::uint64_t> expected = stream(here, 6);
  Loader loader(dataset, either(), options(3));
  std::mt19937 random(1);
  std::vector<std::uint64_t> got;
  for (std::uint64_t epoch = 0; epoch < 6; ++epoch) {
    for (Batch& batch : loader.epoch(epoch)) {
      got.push_back(digest(batch));
      const auto workers = loader.stats().worker_pids;
      if (!workers.empty()) kill(workers[random() % workers.size()], SIGKILL);
    }
  }
  EXPECT_EQ(got, expected);
  EXPECT_GT(loader.stats().worker_deaths, 0U);
  EXPECT_EQ(loader.stats().quarantined, 0U);
}

TEST_F(Mix, ARowWhosePartnerFailedStaysAsItIs) {
  const ImageFolder dataset(folder_.path());
  std::ofstream(folder_.path() / "class00/image003.ppm", std::ios::trunc) << "no image";
  for (const int workers : {0, 2}) {
    LoaderOptions masked = options(workers);
    masked.on_error = OnError::mask;
    masked.shuffle = false;
    Loader loader(dataset, either(), masked);
    Loader reference(dataset, geometry(), masked);
    loader.epoch(0);
    reference.epoch(0);
    const Batch batch = loader.next();
    const Batch plain = reference.next();
    ASSERT_EQ(batch.statuses()[3], SampleStatus::unknown_format);
    const std::size_t bytes = loader.row_shape().bytes();
    const auto row = [&](const Batch& of, std::size_t i) { return std::span(of.images().data + i * bytes, bytes); };
    EXPECT_THAT(row(batch, 3), Each(std::byte{0}));
    EXPECT_EQ(std::memcmp(row(batch, 4).data(), row(plain, 4).data(), bytes), 0);
    EXPECT_EQ(batch.lambdas()[4], 1.0F);
    EXPECT_EQ(batch.lambdas()[3], 0.0F);
    const std::vector<float> soft = batch.soft_labels();
    EXPECT_THAT(std::vector(soft.begin() + 3 * classes, soft.begin() + 4 * classes), Each(0.0F));
    EXPECT_EQ(soft[4 * classes + static_cast<std::size_t>(batch.labels()[4])], 1.0F);
  }
}

TEST_F(Mix, ALabelBeyondTheClassesIsAFaultOfItsSample) {
  const ImageFolder dataset(folder_.path());
  LoaderOptions in_order = options();
  in_order.on_error = OnError::mask;
  in_order.shuffle = false;
  Loader loader(dataset, geometry({MixUp(2)}), in_order);
  std::size_t faults = 0;
  for (Batch& batch : loader.epoch(0)) {
    for (const SampleFault& fault : batch.faults()) {
      EXPECT_EQ(fault.status, SampleStatus::dataset_failed);
      EXPECT_THAT(fault.message, HasSubstr("MixUp with num_classes 2 needs 0 to 1"));
      ++faults;
    }
  }
  EXPECT_EQ(faults, 34U);
}

TEST_F(Mix, SubstitutesAreMixedToTheSameBytesWhateverTheWorkers) {
  for (const char* bad : {"image003.ppm", "image010.ppm"})
    std::ofstream(folder_.path() / "class01" / bad) << "no image";
  const ImageFolder dataset(folder_.path());
  std::vector<std::uint64_t> expected;
  for (const int workers : {0, 1, 3}) {
    LoaderOptions with_substitutes = options(workers);
    with_substitutes.on_error = OnError::substitute;
    Loader loader(dataset, either(), with_substitutes);
    const auto digests = stream(loader, 3);
    if (expected.empty()) expected = digests;
    EXPECT_EQ(digests, expected) << workers;
    EXPECT_EQ(loader.stats().faults, 6U);
  }
}

}  // namespace
}  // namespace slabring
