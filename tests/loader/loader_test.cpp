#include "slabring/loader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <stdexcept>
#include <vector>

#include "support/pixel_dataset.hpp"
#include "support/stream_digest.hpp"

namespace slabring {
namespace {

using test::PixelDataset;
using test::stream;
using ::testing::ElementsAre;

/// workers = 0: the same code as a worker's, in this thread, so that ThreadSanitizer sees it too.
LoaderOptions here(std::int64_t batch_size) { return {.batch_size = batch_size, .workers = 0}; }

TEST(Loader, EverySampleIsDeliveredOnceInOrderWithItsPixels) {
  const PixelDataset dataset(10);
  LoaderOptions options = here(4);
  options.layout = Layout::nhwc;
  Loader loader(dataset, {}, options);
  EXPECT_EQ(loader.batches_per_epoch(), 3U);
  EXPECT_EQ(loader.samples_per_epoch(), 10U);
  std::uint64_t next_id = 0;
  std::uint64_t index = 0;
  for (Batch& batch : loader.epoch(0)) {
    EXPECT_EQ(batch.index(), index++);
    EXPECT_EQ(batch.size(), index == 3 ? 2U : 4U);
    for (std::size_t row = 0; row < batch.size(); ++row, ++next_id) {
      EXPECT_EQ(to_index(batch.ids()[row]), next_id);
      EXPECT_EQ(batch.labels()[row], static_cast<std::int64_t>(next_id) * 3);
      EXPECT_EQ(batch.statuses()[row], SampleStatus::ok);
      const auto* pixels = batch.images().as<std::uint8_t>() + row * dataset.bytes();
      for (std::size_t k = 0; k < dataset.bytes(); ++k) ASSERT_EQ(pixels[k], PixelDataset::expected(next_id, k));
    }
  }
  EXPECT_EQ(next_id, 10U);
  EXPECT_EQ(loader.stats().samples, 10U);
}

TEST(Loader, ShapeAndStridesFollowTheLayout) {
  const PixelDataset dataset(6, {4, 5, 3});
  LoaderOptions options = here(6);
  options.dtype = DType::f32;
  Loader planar(dataset, {}, options);
  planar.epoch(0);
  const Batch batch = planar.next();
  EXPECT_THAT(batch.images().shape, ElementsAre(6, 3, 4, 5));
  EXPECT_THAT(batch.images().strides, ElementsAre(240, 80, 20, 4));
  // Sample 1, channel 2, row 3, column 4, as ToTensor scales it.
  const float value = batch.images().as<float>()[60 + 2 * 20 + 3 * 5 + 4];
  EXPECT_EQ(value, static_cast<float>(PixelDataset::expected(1, (3 * 5 + 4) * 3 + 2)) / 255.0F);
  options.layout = Layout::nhwc;
  Loader interleaved(dataset, {}, options);
  interleaved.epoch(0);
  EXPECT_THAT(interleaved.next().images().shape, ElementsAre(6, 4, 5, 3));
}

TEST(Loader, BatchMemoryIsContiguousAndInsideTheRegion) {
  const PixelDataset dataset(64);
  Loader loader(dataset, {}, here(8));
  for (Batch& batch : loader.epoch(0)) {
    const Tensor images = batch.images();
    EXPECT_GE(images.data, loader.region().data());
    EXPECT_LE(images.data + images.size_bytes(), loader.region().data() + loader.region().size());
    EXPECT_EQ(images.strides[0] * images.shape[0], static_cast<std::int64_t>(images.size_bytes()));
  }
}

TEST(Loader, DropLastLeavesOutExactlyThePartialBatch) {
  const PixelDataset dataset(10);
  LoaderOptions options = here(4);
  options.drop_last = true;
  Loader loader(dataset, {}, options);
  EXPECT_EQ(loader.batches_per_epoch(), 2U);
  EXPECT_EQ(loader.samples_per_epoch(), 8U);
  EXPECT_EQ(stream(loader).size(), 2U);
}

TEST(Loader, FewerSamplesThanABatchWithDropLastIsAnEpochWithoutBatches) {
  const PixelDataset dataset(3);
  LoaderOptions options = here(4);
  options.drop_last = true;
  Loader loader(dataset, {}, options);
  EXPECT_EQ(loader.batches_per_epoch(), 0U);
  EXPECT_TRUE(stream(loader, 3).empty());
}

TEST(Loader, ShuffleIsAPermutationThatChangesWithTheEpochAndTheSeed) {
  const PixelDataset dataset(100);
  LoaderOptions options = here(7);
  options.shuffle = true;
  const auto order = [&](std::uint64_t seed, std::uint64_t epoch) {
    options.seed = seed;
    Loader loader(dataset, {}, options);
    std::vector<std::uint64_t> ids;
    for (Batch& batch : loader.epoch(epoch)) {
      for (const SampleId id : batch.ids()) ids.push_back(to_index(id));
    }
    return ids;
  };
  const auto first = order(1, 0);
  EXPECT_EQ((std::set<std::uint64_t>(first.begin(), first.end()).size()), 100U);
  EXPECT_EQ(first, order(1, 0));
  EXPECT_NE(first, order(1, 1));
  EXPECT_NE(first, order(2, 0));
}

TEST(Loader, EpochsComeInAnyOrderWithTheSameBytes) {
  const PixelDataset dataset(50);
  LoaderOptions options = here(8);
  options.shuffle = true;
  Loader loader(dataset, {RandomHorizontalFlip{}}, options);
  const auto second = stream(loader, 1, 2);
  const auto zeroth = stream(loader, 1, 0);
  const auto far = stream(loader, 1, 1'000'000'007);
  EXPECT_EQ(stream(loader, 1, 2), second);
  EXPECT_EQ(stream(loader, 1, 0), zeroth);
  EXPECT_EQ(stream(loader, 1, 1'000'000'007), far);
  EXPECT_NE(zeroth, second);
}

TEST(Loader, WhatIsThrownWhileWaitingLosesNothing) {
  const PixelDataset dataset(20);
  Loader undisturbed(dataset, {}, here(5));
  const auto expected = stream(undisturbed);
  Loader loader(dataset, {}, here(5));
  loader.epoch(0);
  std::vector<std::uint64_t> seen;
  int calls = 0;
  const auto interrupt_each_second_time = [&] {
    if (++calls % 2 == 0) throw std::runtime_error("interrupted");
  };
  while (seen.size() < expected.size()) {
    try {
      seen.push_back(test::digest(loader.next(interrupt_each_second_time)));
    } catch (const std::runtime_error&) {
      continue;
    }
  }
  EXPECT_EQ(seen, expected);
  EXPECT_EQ(calls, 39);  // before each row, and again after each throw but the last
}

TEST(Loader, BreakingOutEarlyIsFine) {
  const PixelDataset dataset(100);
  LoaderOptions options = here(5);
  options.shuffle = true;
  Loader undisturbed(dataset, {}, options);
  const auto expected = stream(undisturbed, 1, 1);
  Loader loader(dataset, {}, options);
  for (int stop_after : {0, 1, 3, 7}) {
    int seen = 0;
    for (Batch& batch : loader.epoch(0)) {
      if (seen++ == stop_after) break;
      EXPECT_EQ(batch.epoch(), 0U);
    }
    EXPECT_EQ(stream(loader, 1, 1), expected) << "after " << stop_after;
  }
}

TEST(Loader, PrefetchDepthDoesNotChangeTheStream) {
  const PixelDataset dataset(77);
  std::vector<std::uint64_t> expected;
  for (const int prefetch : {2, 3, 8, 64}) {
    LoaderOptions options = here(6);
    options.shuffle = true;
    options.prefetch = prefetch;
    Loader loader(dataset, {RandomHorizontalFlip{}}, options);
    const auto got = stream(loader, 3);
    if (expected.empty()) expected = got;
    EXPECT_EQ(got, expected) << "prefetch " << prefetch;
  }
}

TEST(Loader, OlderEpochObjectSaysThatItIsOver) {
  const PixelDataset dataset(20);
  Loader loader(dataset, {}, here(5));
  Epoch old = loader.epoch(0);
  loader.epoch(1);
  EXPECT_THROW(old.begin(), Error);
}

TEST(Loader, NextBeforeAnyEpochIsAnError) {
  const PixelDataset dataset(20);
  Loader loader(dataset, {}, here(5));
  EXPECT_THROW(loader.next(), Error);
}

TEST(Loader, ManyShortEpochsNeedNoMoreThanTheRing) {
  const PixelDataset dataset(3);
  Loader loader(dataset, {}, here(2));
  const auto once = stream(loader, 1, 5);
  for (int i = 0; i < 200; ++i) ASSERT_EQ(stream(loader, 1, 5), once);
}

TEST(Loader, LambdaRunsOnEverySampleAndMayBeRandom) {
  const PixelDataset dataset(30);
  const Pipeline pipeline{Lambda{[](const MutableImageView& image, RandomStream& random) {
    for (int y = 0; y < image.height; ++y) image.row(y)[0] = static_cast<std::uint8_t>(random.below(256));
  }}};
  Loader loader(dataset, pipeline, here(10));
  EXPECT_EQ(stream(loader, 1, 0), stream(loader, 1, 0));
  EXPECT_NE(stream(loader, 1, 0), stream(loader, 1, 1));
}

TEST(Loader, TransformsThatFixNoSizeNeedSamplesOfOneShape) {
  const PixelDataset dataset(4, {8, 8, 3});
  Loader loader(dataset, {RandomHorizontalFlip{}}, here(2));
  EXPECT_EQ(loader.row_shape().height, 8);
  EXPECT_EQ(loader.row_shape().channels, 3);
}

}  // namespace
}  // namespace slabring
