#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <thread>
#include <vector>

#include "slabring/loader.hpp"
#include "support/pixel_dataset.hpp"
#include "support/stream_digest.hpp"

namespace slabring {
namespace {

using test::PixelDataset;
using ::testing::HasSubstr;

LoaderOptions here(std::int64_t batch_size, int prefetch = 4) {
  return {.batch_size = batch_size, .workers = 0, .prefetch = prefetch};
}

TEST(Lease, HeldBatchesKeepTheirBytesWhateverIsReleasedFirst) {
  const PixelDataset dataset(400);
  Loader loader(dataset, {}, here(4, 5));
  std::vector<std::pair<Batch, std::uint64_t>> held;
  std::size_t turn = 0;
  for (Batch& batch : loader.epoch(0)) {
    held.emplace_back(std::move(batch), 0);
    held.back().second = test::digest(held.back().first);
    if (held.size() == 3) {
      for (const auto& [lease, hash] : held) ASSERT_EQ(test::digest(lease), hash);
      held.erase(held.begin() + static_cast<std::ptrdiff_t>(turn++ % 3));
    }
  }
  EXPECT_EQ(loader.stats().batches, 100U);
}

TEST(Lease, HoldingEverySlabIsAnErrorAtOnceAndReleasingOneMendsIt) {
  const PixelDataset dataset(100);
  Loader loader(dataset, {}, here(5, 3));
  loader.epoch(0);
  std::vector<Batch> held;
  for (int i = 0; i < 3; ++i) held.push_back(loader.next());
  try {
    loader.next();
    FAIL() << "a fourth batch came out of three slabs";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::ring_exhausted);
    EXPECT_THAT(error.what(), HasSubstr("all 3 slabs"));
  }
  held[1].release();
  const Batch fourth = loader.next();
  EXPECT_EQ(fourth.index(), 3U);
  EXPECT_EQ(held[0].index(), 0U);
  EXPECT_EQ(held[2].index(), 2U);
}

TEST(Lease, NewEpochBeginsWhileEverySlabIsHeld) {
  const PixelDataset dataset(100);
  Loader loader(dataset, {}, here(5, 2));
  loader.epoch(0);
  std::vector<Batch> held;
  held.push_back(loader.next());
  held.push_back(loader.next());
  loader.epoch(7);
  EXPECT_THROW(loader.next(), Error);
  held.clear();
  const Batch first = loader.next();
  EXPECT_EQ(first.epoch(), 7U);
  EXPECT_EQ(first.index(), 0U);
}

TEST(Lease, OutlivesItsLoader) {
  const PixelDataset dataset(40);
  Batch kept;
  std::uint64_t hash = 0;
  {
    Loader loader(dataset, {}, here(8));
    loader.epoch(0);
    kept = loader.next();
    hash = test::digest(kept);
  }
  EXPECT_EQ(test::digest(kept), hash);
  kept.images().data[0] = std::byte{1};  // still ours to write
  EXPECT_EQ(kept.size(), 8U);
}

TEST(Lease, MovingKeepsPointersAndEmptiesTheSource) {
  const PixelDataset dataset(40);
  Loader loader(dataset, {}, here(8));
  loader.epoch(0);
  Batch first = loader.next();
  const std::byte* data = first.images().data;
  Batch second = std::move(first);
  EXPECT_TRUE(first.empty());  // NOLINT(bugprone-use-after-move): the point of the test
  EXPECT_EQ(second.images().data, data);
  Batch third = loader.next();
  third = std::move(second);  // gives its own slab back
  EXPECT_EQ(third.images().data, data);
  third.release();
  third.release();
  EXPECT_TRUE(third.empty());
}

TEST(Lease, ReleaseFromOtherThreadsFeedsTheRing) {
  const PixelDataset dataset(2000);
  Loader loader(dataset, {}, here(10, 8));
  std::vector<std::uint64_t> ids;
  std::vector<std::thread> threads;
  for (Batch& batch : loader.epoch(0)) {
    for (const SampleId id : batch.ids()) ids.push_back(to_index(id));
    threads.emplace_back([lease = std::move(batch)]() mutable { lease.release(); });
    if (threads.size() == 4) {
      for (auto& thread : threads) thread.join();
      threads.clear();
    }
  }
  for (auto& thread : threads) thread.join();
  ASSERT_EQ(ids.size(), 2000U);
  EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
}

}  // namespace
}  // namespace slabring
