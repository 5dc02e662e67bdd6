#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "slabring/loader.hpp"
#include "support/image_tree.hpp"
#include "support/pixel_dataset.hpp"
#include "support/stream_digest.hpp"
#include "support/temporary_folder.hpp"

namespace slabring {
namespace {

using test::PixelDataset;
using ::testing::AllOf;
using ::testing::HasSubstr;

/// A folder of sound images with a few bad ones at known places.
class BadFolder {
 public:
  BadFolder() {
    test::write_image_tree(folder_.path(), 1, 10);
    write("class00/image002.ppm", "");
    write("class00/image004.ppm", "this is a text, whatever its name says");
    write("class00/image006.ppm", "P6\n65500 65500\n255\n");
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_.path() / name, std::ios::binary | std::ios::trunc) << text;
  }
  void remove(const std::string& name) const { std::filesystem::remove(folder_.path() / name); }
  const std::filesystem::path& path() const { return folder_.path(); }

 private:
  test::TemporaryFolder folder_;
};

std::uint64_t row_digest(const Batch& batch, std::size_t row) {
  const std::size_t bytes = batch.images().size_bytes() / batch.size();
  const auto* pixels = batch.images().as<std::uint8_t>() + row * bytes;
  std::uint64_t hash = 0xcbf29ce484222325;
  for (std::size_t i = 0; i < bytes; ++i) hash = (hash ^ pixels[i]) * 0x100000001b3;
  return hash;
}

LoaderOptions options(int workers, OnError policy) {
  return {.batch_size = 5, .on_error = policy, .workers = workers, .start_method = StartMethod::forkserver};
}

TEST(SampleFault, MaskedRowsAreZeroedAndSayWhyWhateverTheWorkers) {
  const BadFolder folder;
  const ImageFolder dataset(folder.path());
  folder.remove("class00/image008.ppm");  // after it was indexed
  std::vector<std::uint64_t> expected;
  for (const int workers : {0, 1, 3}) {
    Loader loader(dataset, {RandomResizedCrop{16}}, options(workers, OnError::mask));
    std::vector<SampleFault> faults;
    for (Batch& batch : loader.epoch(0)) {
      for (SampleFault& fault : batch.faults()) {
        const std::size_t row = to_index(fault.id) % 5;
        EXPECT_EQ(batch.statuses()[row], fault.status);
        EXPECT_EQ(batch.labels()[row], -1);
        const auto* pixels = batch.images().as<std::uint8_t>() + row * 16 * 16 * 3;
        EXPECT_TRUE(std::all_of(pixels, pixels + 16 * 16 * 3, [](std::uint8_t v) { return v == 0; }));
        faults.push_back(std::move(fault));
      }
    }
    ASSERT_EQ(faults.size(), 4U) << workers;
    EXPECT_EQ(faults[0].status, SampleStatus::empty);
    EXPECT_EQ(faults[1].status, SampleStatus::unknown_format);
    EXPECT_EQ(faults[2].status, SampleStatus::truncated);
    EXPECT_THAT(faults[2].message, HasSubstr("65500"));
    EXPECT_EQ(faults[3].status, SampleStatus::open_failed);
    EXPECT_THAT(faults[3].source, HasSubstr("image008.ppm"));
    EXPECT_THAT(faults[3].message, HasSubstr("No such file"));
    EXPECT_EQ(loader.stats().faults, 4U);
    const auto stream = test::stream(loader);
    if (expected.empty()) expected = stream;
    EXPECT_EQ(stream, expected);
  }
}

TEST(SampleFault, RaiseNamesTheFirstBadSampleAndTheLoopMayGoOn) {
  const BadFolder folder;
  const ImageFolder dataset(folder.path());
  for (const int workers : {0, 2}) {
    Loader loader(dataset, {RandomResizedCrop{16}}, options(workers, OnError::raise));
    loader.epoch(0);
    try {
      loader.next();
      FAIL() << "the first batch holds an empty file";
    } catch (const SampleError& error) {
      EXPECT_EQ(error.code(), ErrorCode::sample_fault);
      EXPECT_EQ(to_index(error.fault().id), 2U);
      EXPECT_THAT(error.what(), AllOf(HasSubstr("sample 2"), HasSubstr("image002.ppm"), HasSubstr("[empty]")));
    }
    EXPECT_THROW(loader.next(), SampleError);
    EXPECT_TRUE(loader.next().empty());
  }
}

TEST(SampleFault, SubstitutesAreSoundAndTheSameWhateverTheWorkers) {
  const BadFolder folder;
  const ImageFolder dataset(folder.path());
  const std::set<std::uint64_t> bad{2, 4, 6};
  Loader calm(dataset, {RandomResizedCrop{16}}, options(0, OnError::mask));
  std::map<std::uint64_t, std::uint64_t> row_digests;  // by sample: a substitute is what its own row is
  for (Batch& batch : calm.epoch(0)) {
    for (std::size_t row = 0; row < batch.size(); ++row)
      row_digests[to_index(batch.ids()[row])] = row_digest(batch, row);
  }
  std::vector<std::uint64_t> expected;
  for (const int workers : {0, 1, 3}) {
    Loader loader(dataset, {RandomResizedCrop{16}}, options(workers, OnError::substitute));
    std::size_t substituted = 0;
    for (Batch& batch : loader.epoch(0)) {
      for (std::size_t row = 0; row < batch.size(); ++row) {
        const std::uint64_t id = to_index(batch.ids()[row]);
        EXPECT_FALSE(bad.contains(id));
        EXPECT_EQ(row_digest(batch, row), row_digests[id]) << id;
        EXPECT_EQ(batch.labels()[row], 0);
        const bool planned_is_bad = bad.contains(batch.index() * 5 + row);
        EXPECT_EQ(batch.statuses()[row], planned_is_bad ? SampleStatus::substituted : SampleStatus::ok);
      }
      for (const SampleFault& fault : batch.faults()) {
        ++substituted;
        const std::size_t row = to_index(fault.id) % 5;
        EXPECT_TRUE(bad.contains(to_index(fault.id)));
        EXPECT_NE(fault.status, SampleStatus::substituted);
        EXPECT_EQ(fault.substitute, batch.ids()[row]);
        EXPECT_FALSE(fault.message.empty());
      }
    }
    EXPECT_EQ(substituted, 3U);
    EXPECT_EQ(loader.stats().faults, 3U);
    const auto stream = test::stream(loader, 3);
    if (expected.empty()) expected = stream;
    EXPECT_EQ(stream, expected);
  }
}

TEST(SampleFault, SubstituteMasksTheRowWhereNoSampleIsSound) {
  const test::TemporaryFolder folder;
  for (const char* name : {"a.jpg", "b.jpg", "c.jpg"}) std::ofstream(folder.path() / name) << "no image";
  const ImageFolder dataset(folder.path());
  for (const int workers : {0, 2}) {
    Loader loader(dataset, {RandomResizedCrop{16}}, options(workers, OnError::substitute));
    loader.epoch(0);
    const Batch batch = loader.next();
    ASSERT_EQ(batch.size(), 3U);
    EXPECT_EQ(batch.faults().size(), 3U);
    for (std::size_t row = 0; row < 3; ++row) {
      EXPECT_EQ(batch.statuses()[row], SampleStatus::unknown_format);
      EXPECT_EQ(to_index(batch.ids()[row]), row);
      EXPECT_EQ(batch.labels()[row], -1);
      EXPECT_EQ(batch.images().as<std::uint8_t>()[row * 16 * 16 * 3 + 100], 0);
    }
  }
}

TEST(SampleFault, RunEndsWithAListOfTheFailedSamplesEachOnce) {
  const BadFolder folder;
  const ImageFolder dataset(folder.path());
  Loader loader(dataset, {RandomResizedCrop{16}}, options(2, OnError::mask));
  test::stream(loader, 4);
  EXPECT_EQ(loader.stats().faults, 12U);
  const std::vector<SampleFault> faults = loader.faults();
  ASSERT_EQ(faults.size(), 3U);
  EXPECT_EQ(to_index(faults[1].id), 4U);
  EXPECT_EQ(faults[1].status, SampleStatus::unknown_format);
  EXPECT_THAT(faults[1].source, HasSubstr("image004.ppm"));
}

/// Fails, in different ways, at chosen samples.
class TrickyDataset : public PixelDataset {
 public:
  enum class Trick { throws, throws_int, crashes, exits, hangs, other_shape, nothing };
  TrickyDataset(std::uint64_t count, std::uint64_t at, Trick trick) : PixelDataset(count), at_(at), trick_(trick) {}

  void load(SampleId id, Sample& sample) const override {
    PixelDataset::load(id, sample);
    if (to_index(id) != at_) return;
    switch (trick_) {
      case Trick::throws: throw std::runtime_error("the record's checksum is wrong");
      case Trick::throws_int: throw 42;
      case Trick::crashes: std::raise(SIGSEGV); break;
      case Trick::exits: _exit(7);
      case Trick::hangs:
        for (;;) pause();
      case Trick::other_shape: {
        ImageView pixels = sample.pixels();
        pixels.height = 2;
        sample.from_pixels(pixels);
        break;
      }
      case Trick::nothing: sample.reset(); break;
    }
  }

 private:
  std::uint64_t at_;
  Trick trick_;
};

/// The one fault of an epoch of 20 samples whose 13th is tricky, after checking that all others are right.
SampleFault only_fault(TrickyDataset::Trick trick, int workers, std::chrono::milliseconds timeout, LoaderStats* stats) {
  const TrickyDataset dataset(20, 13, trick);
  Loader loader(dataset, {},
                {.batch_size = 8,
                 .layout = Layout::nhwc,
                 .on_error = OnError::mask,
                 .timeout = timeout,
                 .epochs = 1,  // else the next epoch's tricky sample is on its way too
                 .workers = workers,
                 .start_method = StartMethod::fork});
  std::vector<SampleFault> faults;
  for (Batch& batch : loader.epoch(0)) {
    for (std::size_t row = 0; row < batch.size(); ++row) {
      if (batch.statuses()[row] != SampleStatus::ok) continue;
      const auto* pixels = batch.images().as<std::uint8_t>() + row * dataset.bytes();
      EXPECT_EQ(pixels[3], PixelDataset::expected(to_index(batch.ids()[row]), 3));
    }
    for (auto& fault : batch.faults()) faults.push_back(fault);
  }
  if (stats != nullptr) *stats = loader.stats();
  EXPECT_EQ(faults.size(), 1U);
  return faults.empty() ? SampleFault{} : faults.front();
}

constexpr std::chrono::milliseconds no_timeout{0};

TEST(SampleFault, ExceptionOfAUserDatasetIsDataOfItsBatch) {
  for (const int workers : {0, 2}) {
    const SampleFault fault = only_fault(TrickyDataset::Trick::throws, workers, no_timeout, nullptr);
    EXPECT_EQ(to_index(fault.id), 13U);
    EXPECT_EQ(fault.status, SampleStatus::dataset_failed);
    EXPECT_EQ(fault.message, "the record's checksum is wrong");
    EXPECT_EQ(fault.source, "sample 13");
  }
  EXPECT_EQ(only_fault(TrickyDataset::Trick::throws_int, 2, no_timeout, nullptr).status, SampleStatus::dataset_failed);
  EXPECT_EQ(only_fault(TrickyDataset::Trick::nothing, 2, no_timeout, nullptr).status, SampleStatus::dataset_failed);
  EXPECT_EQ(only_fault(TrickyDataset::Trick::other_shape, 2, no_timeout, nullptr).status, SampleStatus::wrong_shape);
}

TEST(SampleFault, SampleThatCrashesWorkersIsQuarantinedAfterTwo) {
  LoaderStats stats;
  const SampleFault fault = only_fault(TrickyDataset::Trick::crashes, 2, no_timeout, &stats);
  EXPECT_EQ(to_index(fault.id), 13U);
  EXPECT_EQ(fault.status, SampleStatus::quarantined);
  EXPECT_THAT(fault.message, AllOf(HasSubstr("SIGSEGV"), HasSubstr("while the dataset loaded sample 13")));
  EXPECT_EQ(stats.worker_deaths, 2U);
  EXPECT_EQ(stats.quarantined, 1U);
}

TEST(SampleFault, SampleThatCrashesWorkersIsSubstitutedAfterTwo) {
  const TrickyDataset dataset(20, 13, TrickyDataset::Trick::crashes);
  Loader loader(dataset, {},
                {.batch_size = 8,
                 .layout = Layout::nhwc,
                 .on_error = OnError::substitute,
                 .epochs = 1,
                 .workers = 2,
                 .start_method = StartMethod::fork});
  test::stream(loader);
  const std::vector<SampleFault> faults = loader.faults();
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_EQ(to_index(faults[0].id), 13U);
  EXPECT_EQ(faults[0].status, SampleStatus::quarantined);
  EXPECT_THAT(faults[0].message, AllOf(HasSubstr("SIGSEGV"), HasSubstr("sample 13")));
  ASSERT_TRUE(faults[0].substitute);
  EXPECT_NE(to_index(*faults[0].substitute), 13U);
  EXPECT_EQ(loader.stats().worker_deaths, 2U);
}

TEST(SampleFault, SampleThatExitsTheWorkerIsQuarantinedWithItsStatus) {
  const SampleFault fault = only_fault(TrickyDataset::Trick::exits, 1, no_timeout, nullptr);
  EXPECT_EQ(fault.status, SampleStatus::quarantined);
  EXPECT_THAT(fault.message, HasSubstr("exit status 7"));
}

TEST(SampleFault, SampleThatHangsIsGivenUpAfterTheTimeout) {
  LoaderStats stats;
  const SampleFault fault = only_fault(TrickyDataset::Trick::hangs, 2, std::chrono::seconds(1), &stats);
  EXPECT_EQ(fault.status, SampleStatus::stalled);
  EXPECT_THAT(fault.message, HasSubstr(" 1 s"));
  EXPECT_EQ(stats.worker_deaths, 2U);
}

/// No worker ever gets to its first sample.
class HopelessDataset : public PixelDataset {
 public:
  using PixelDataset::PixelDataset;
  void load(SampleId, Sample&) const override { _exit(9); }
};

TEST(SampleFault, SetThatKillsEveryWorkerIsAllQuarantinedOrOneClearError) {
  const HopelessDataset dataset(4);
  Loader loader(dataset, {},
                {.batch_size = 4, .on_error = OnError::mask, .workers = 1, .start_method = StartMethod::fork});
  loader.epoch(0);
  const Batch batch = loader.next();
  EXPECT_EQ(batch.faults().size(), 4U);
  for (const SampleFault& fault : batch.faults()) EXPECT_THAT(fault.message, HasSubstr("exit status 9"));
}

}  // namespace
}  // namespace slabring
