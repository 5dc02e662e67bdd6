#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <array>
#include <filesystem>

#include "slabring/arrays.hpp"
#include "slabring/cache.hpp"
#include "slabring/error.hpp"
#include "slabring/loader.hpp"
#include "support/image_tree.hpp"
#include "support/pixel_dataset.hpp"
#include "support/stream_digest.hpp"
#include "support/temporary_folder.hpp"

namespace slabring {
namespace {

using test::stream;
using testing::HasSubstr;

constexpr StartMethod all_methods[] = {StartMethod::forkserver, StartMethod::spawn, StartMethod::fork};

/// 60 images, and one file that is none.
class CachedDatasetTest : public testing::TestWithParam<CacheOf> {
 protected:
  CachedDatasetTest() {
    test::write_image_tree(folder_.path(), 3, 20);
    folder_.write("class02/broken.jpg", "no image");
    whole_ = std::make_shared<ImageFolder>(folder_.path());
  }
  static LoaderOptions options(StartMethod method, int workers) {
    return {.batch_size = 8,
            .shuffle = true,
            .seed = 7,
            .on_error = OnError::mask,
            .workers = workers,
            .start_method = method};
  }
  static Pipeline pipeline() { return {RandomResizedCrop{24}, RandomHorizontalFlip{}}; }
  std::vector<std::uint64_t> expected() const {
    Loader loader(*whole_, pipeline(), options(StartMethod::fork, 0));
    return stream(loader, 3);
  }
  /// What is no image has bytes all the same.
  static std::uint64_t kept() { return GetParam() == CacheOf::encoded ? 61 : 60; }
  CachedDataset cached(std::uint64_t limit = 4 << 20) const { return {whole_, {limit, GetParam()}}; }

  test::TemporaryFolder folder_;
  SharedDataset whole_;
};

TEST_P(CachedDatasetTest, GivesTheSameStreamAndReadsEachSampleOnce) {
  const auto plain = expected();
  for (const StartMethod method : all_methods) {
    const CachedDataset dataset = cached();
    Loader loader(dataset, pipeline(), options(method, 2));
    EXPECT_EQ(stream(loader, 3), plain) << to_string(method);
    const CacheStats stats = dataset.stats();
    EXPECT_EQ(stats.samples, kept());
    EXPECT_GE(stats.hits, 120U);
    EXPECT_EQ(stats.not_kept, 0U);
  }
}

TEST_P(CachedDatasetTest, OutlivesTheFilesAndTheLoader) {
  const CachedDataset dataset = cached();
  const auto plain = expected();
  {
    Loader filling(dataset, pipeline(), options(StartMethod::forkserver, 2));
    stream(filling);
  }
  std::filesystem::remove_all(folder_.path() / "class00");
  Loader loader(dataset, pipeline(), options(StartMethod::spawn, 2));
  EXPECT_EQ(stream(loader, 3), plain);
}

TEST_P(CachedDatasetTest, OneThatIsTooSmallForAllGivesTheSameStream) {
  const CachedDataset dataset = cached(100 << 10);
  Loader loader(dataset, pipeline(), options(StartMethod::forkserver, 2));
  EXPECT_EQ(stream(loader, 3), expected());
  const CacheStats stats = dataset.stats();
  EXPECT_GT(stats.samples, 0U);
  EXPECT_LT(stats.samples, 60U);
  EXPECT_LE(stats.used_bytes, stats.limit_bytes);
}

TEST_P(CachedDatasetTest, WorkersKilledWhileTheyFillItChangeNothing) {
  const auto plain = expected();
  const CachedDataset dataset = cached();
  Loader loader(dataset, pipeline(), options(StartMethod::forkserver, 2));
  std::vector<std::uint64_t> digests;
  for (std::uint64_t epoch = 0; epoch < 3; ++epoch) {
    for (Batch& batch : loader.epoch(epoch)) {
      digests.push_back(test::digest(batch));
      if (digests.size() % 3 == 0) {
        for (const int pid : loader.stats().worker_pids) kill(pid, SIGKILL);
      }
    }
  }
  EXPECT_EQ(digests, plain);
  EXPECT_EQ(dataset.stats().samples, kept());
}

TEST_P(CachedDatasetTest, FaultsAreTheSame) {
  const CachedDataset dataset = cached();
  std::uint64_t broken = 0;
  while (dataset.describe(SampleId{broken}).find("broken") == std::string::npos) ++broken;
  LoaderOptions one = options(StartMethod::fork, 0);
  Loader plain(*whole_, pipeline(), one), with(dataset, pipeline(), one);
  stream(plain, 2);
  stream(with, 2);
  ASSERT_EQ(with.faults().size(), 1U);
  EXPECT_EQ(with.faults()[0].status, plain.faults()[0].status);
  EXPECT_EQ(with.faults()[0].message, plain.faults()[0].message);
  EXPECT_EQ(with.faults()[0].id, SampleId{broken});
}

INSTANTIATE_TEST_SUITE_P(Of, CachedDatasetTest, testing::Values(CacheOf::encoded, CacheOf::decoded),
                         [](const auto& example) { return std::string(to_string(example.param)); });

TEST(CachedDataset, KeepsPixelsAndArraysDecodedOnly) {
  const auto pixels = std::make_shared<test::PixelDataset>(40);
  const CachedDataset kept(pixels, {1 << 20, CacheOf::decoded});
  const LoaderOptions here{.batch_size = 8, .shuffle = true, .workers = 0};
  Loader plain(*pixels, {}, here), with(kept, {}, here);
  EXPECT_EQ(stream(with, 2), stream(plain, 2));
  EXPECT_EQ(kept.stats().hits, 40U);

  std::array<float, 12> numbers{};
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<float>(i) / 3;
  const ArrayView view{reinterpret_cast<const std::byte*>(numbers.data()), DType::f32, Axes{4, 3}};
  const auto arrays = std::make_shared<TensorDataset>(std::span(&view, 1));
  const CachedDataset kept_arrays(arrays, {1 << 20, CacheOf::decoded});
  const LoaderOptions small{.batch_size = 2, .workers = 0};
  Loader plain_arrays(*arrays, {}, small), with_arrays(kept_arrays, {}, small);
  EXPECT_EQ(stream(with_arrays, 2), stream(plain_arrays, 2));

  for (const SharedDataset& whole : {SharedDataset(pixels), SharedDataset(arrays)}) {
    try {
      CachedDataset(whole, {1 << 20, CacheOf::encoded});
      ADD_FAILURE() << "not refused";
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("cache them decoded"));
    }
  }
}

TEST(CachedDataset, OfDecodedSamplesIsRefusedWhereJpegsAreDecodedSmaller) {
  const auto pixels = std::make_shared<test::PixelDataset>(4);
  const auto inner = std::make_shared<CachedDataset>(pixels, CacheOptions{1 << 20, CacheOf::decoded});
  const ConcatDataset both({pixels, std::make_shared<Subset>(inner, 0, 2)});
  LoaderOptions options{.workers = 0};
  options.jpeg_scale = JpegScale::fast;
  try {
    Loader loader(both, {}, options);
    ADD_FAILURE() << "not refused";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("option jpeg_scale is fast"));
  }
}

}  // namespace
}  // namespace slabring
