// Pinned slabs and copies to a GPU, over a driver without one, which does everything as late as it may.

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "slabring/cuda.hpp"
#include "slabring/loader.hpp"
#include "support/fake_cuda.hpp"
#include "support/pixel_dataset.hpp"

namespace slabring {
namespace {

using test::PixelDataset;
using ::testing::AllOf;
using ::testing::HasSubstr;

/// The driver's other side, by dlsym, as it is loaded beside the program.
struct FakeCuda {
  void* library = dlopen(SLABRING_FAKE_CUDA, RTLD_NOW | RTLD_LOCAL);
  template <class Function>
  Function* find(const char* name) const {
    auto* const found = reinterpret_cast<Function*>(dlsym(library, name));
    if (found == nullptr) throw std::runtime_error(name);
    return found;
  }
  decltype(&fake_cuda_reset) reset = find<decltype(fake_cuda_reset)>("fake_cuda_reset");
  decltype(&fake_cuda_fail) fail = find<decltype(fake_cuda_fail)>("fake_cuda_fail");
  decltype(&fake_cuda_count) count = find<decltype(fake_cuda_count)>("fake_cuda_count");
  decltype(&fake_cuda_mistakes) mistakes = find<decltype(fake_cuda_mistakes)>("fake_cuda_mistakes");
  decltype(&fake_cuda_registered_bytes) registered_bytes =
      find<decltype(fake_cuda_registered_bytes)>("fake_cuda_registered_bytes");
  decltype(&fake_cuda_device_bytes) device_bytes = find<decltype(fake_cuda_device_bytes)>("fake_cuda_device_bytes");
  decltype(&fake_cuda_read) read = find<decltype(fake_cuda_read)>("fake_cuda_read");
  decltype(&fake_cuda_finish) finish = find<decltype(fake_cuda_finish)>("fake_cuda_finish");
  decltype(&fake_cuda_stream) stream = find<decltype(fake_cuda_stream)>("fake_cuda_stream");
};

const CudaOptions fake{.device = 1, .driver = SLABRING_FAKE_CUDA};

class Device : public ::testing::Test {
 protected:
  void SetUp() override { cuda.reset(); }
  void TearDown() override {
    EXPECT_STREQ(cuda.mistakes(), "");
    EXPECT_EQ(cuda.registered_bytes(), 0U);
    EXPECT_EQ(cuda.device_bytes(), 0U);
  }

  Loader loader(int workers = 0, int prefetch = 4) const {
    return {
        dataset, {}, {.batch_size = 5, .workers = workers, .prefetch = prefetch, .start_method = StartMethod::fork}};
  }

  /// Images and labels as a kernel on `stream` finds them, once it has run.
  struct Seen {
    std::vector<std::uint8_t> pixels;
    std::vector<std::int64_t> labels;
  };
  void read(const DeviceBatch& batch, CudaStream stream, Seen& seen) const {
    seen.pixels.resize(batch.images().size_bytes());
    seen.labels.resize(static_cast<std::size_t>(*batch.images().shape.begin()));
    cuda.read(stream, reinterpret_cast<std::uintptr_t>(batch.images().data), seen.pixels.size(), seen.pixels.data());
    cuda.read(stream, reinterpret_cast<std::uintptr_t>(batch.labels()), seen.labels.size() * sizeof(std::int64_t),
              seen.labels.data());
  }

  void expect_batch(const Seen& seen, std::size_t number) const {
    for (std::size_t row = 0; row < seen.labels.size(); ++row) {
      const std::size_t id = number * 5 + row;
      ASSERT_EQ(seen.labels[row], static_cast<std::int64_t>(id) * 3) << "batch " << number;
    }
    // NCHW: the first value of each row is the first value of its sample.
    for (std::size_t row = 0; row < seen.labels.size(); ++row) {
      ASSERT_EQ(seen.pixels[row * dataset.bytes()], PixelDataset::expected(number * 5 + row, 0)) << "batch " << number;
    }
  }

  FakeCuda cuda;
  PixelDataset dataset{203};
};

TEST_F(Device, SlabsAreRegisteredOnceEachAndUntilTheLastLeaseIsGone) {
  std::optional<Loader> loaded(loader(2));
  EXPECT_EQ(loaded->stats().pinned_bytes, 0U);
  EXPECT_TRUE(loaded->pin_memory(fake));
  EXPECT_TRUE(loaded->pin_memory(fake));
  EXPECT_EQ(cuda.count("cuMemHostRegister"), 4);
  EXPECT_EQ(loaded->stats().pinned_bytes, loaded->region().size());
  EXPECT_EQ(cuda.registered_bytes(), loaded->region().size());
  loaded->epoch(0);
  Batch held = loaded->next();
  loaded.reset();
  EXPECT_GT(cuda.registered_bytes(), 0U);
  held.release();
  EXPECT_EQ(cuda.registered_bytes(), 0U);
}

TEST_F(Device, SlabThatCannotBeRegisteredLeavesAllUnpinnedWithTheReasonInTheStats) {
  Loader loaded = loader();
  cuda.fail("cuMemHostRegister", 2, 2);
  EXPECT_FALSE(loaded.pin_memory(fake));
  EXPECT_EQ(cuda.registered_bytes(), 0U);
  EXPECT_EQ(loaded.stats().pinned_bytes, 0U);
  EXPECT_THAT(loaded.stats().pin_failure, AllOf(HasSubstr("cuMemHostRegister"), HasSubstr("CUDA_ERROR_OUT_OF_MEMORY")));
  EXPECT_TRUE(loaded.pin_memory(fake));
  EXPECT_EQ(loaded.stats().pin_failure, "");
}

TEST_F(Device, MissingDriverIsAReasonForPinningAndAnErrorForCopying) {
  const CudaOptions missing{.driver = "/no/such/libcuda.so"};
  Loader loaded = loader();
  EXPECT_FALSE(loaded.pin_memory(missing));
  EXPECT_THAT(loaded.stats().pin_failure, HasSubstr("/no/such/libcuda.so"));
  try {
    const DeviceCopier copier(missing);
    FAIL() << "there is no such driver";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::device);
    EXPECT_THAT(error.what(), HasSubstr("SLABRING_CUDA_DRIVER"));
  }
}

TEST_F(Device, DeviceThatIsNotThereIsNamedWithTheNumberOfThoseThatAre) {
  try {
    const DeviceCopier copier({.device = 7, .driver = SLABRING_FAKE_CUDA});
    FAIL() << "there is no device 7";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("device is 7"), HasSubstr("shows 2")));
  }
  EXPECT_THROW(DeviceCopier({.driver = "libc.so.6"}), Error);  // a library, but no driver
}

/// Workers of the calling thread fill a slab the moment it is free, so a slab given back before its copy would show.
TEST_F(Device, CopiesThatEndLateGetTheBatchTheyWereGiven) {
  for (const bool pinned : {true, false}) {
    Loader loaded = loader();
    if (pinned) {
      ASSERT_TRUE(loaded.pin_memory(fake));
    }
    DeviceCopier copier(fake);
    EXPECT_EQ(copier.device(), 1);
    const CudaStream stream = cuda.stream();
    std::vector<Seen> seen(loaded.batches_per_epoch());
    loaded.epoch(0);
    for (Seen& one : seen) {
      copier.wait(2);
      DeviceBatch batch = copier.copy(loaded.next());
      EXPECT_EQ(batch.device(), 1);
      batch.use_on(stream);
      read(batch, stream, one);
    }
    cuda.finish(stream);
    for (std::size_t number = 0; number < seen.size(); ++number) expect_batch(seen[number], number);
    EXPECT_EQ(seen.back().labels.size(), 3U);
  }
}

TEST_F(Device, SlabGoesBackWhenTheEventHasComeAndNotBefore) {
  Loader loaded = loader(0, 3);
  ASSERT_TRUE(loaded.pin_memory(fake));
  DeviceCopier copier(fake);
  loaded.epoch(0);
  std::vector<DeviceBatch> kept;
  for (int i = 0; i < 3; ++i) kept.push_back(copier.copy(loaded.next()));
  EXPECT_THROW(loaded.next(), Error);  // every slab is on its way
  copier.wait(2);
  EXPECT_EQ(loaded.next().index(), 3U);
  EXPECT_EQ(copier.collect(), 2U);  // to ask brings the next one nearer
  while (copier.collect() > 0) {
  }
  Seen first;
  kept[0].use_on(legacy_stream);
  read(kept[0], legacy_stream, first);
  cuda.finish(0);
  expect_batch(first, 0);
}

TEST_F(Device, MemoryOfTheDeviceIsWrittenAgainOnlyWhenItsReadersAreDone) {
  Loader loaded = loader();
  ASSERT_TRUE(loaded.pin_memory(fake));
  DeviceCopier copier(fake);
  const CudaStream slow = cuda.stream();
  std::vector<Seen> seen(20);
  loaded.epoch(0);
  for (std::size_t number = 0; number < seen.size(); ++number) {
    copier.wait(1);
    DeviceBatch batch = copier.copy(loaded.next());
    batch.use_on(number % 2 == 0 ? slow : per_thread_stream);
    read(batch, number % 2 == 0 ? slow : per_thread_stream, seen[number]);
    // ... whose turn comes later than the destructor of the batch.
  }
  EXPECT_EQ(cuda.count("cuMemAlloc"), 1);
  copier.wait();
  cuda.finish(0);
  for (std::size_t number = 0; number < seen.size(); ++number) expect_batch(seen[number], number);
}

TEST_F(Device, ReadersThatAreNotKnownAreWaitedForWithTheWholeDevice) {
  Loader loaded = loader();
  DeviceCopier copier(fake);
  loaded.epoch(0);
  const CudaStream unknown = cuda.stream();
  Seen seen;
  {
    DeviceBatch batch = copier.copy(loaded.next());
    EXPECT_NE(batch.use_anywhere(), 0U);
    batch.wait();
    read(batch, unknown, seen);
  }
  EXPECT_EQ(cuda.count("cuCtxSynchronize"), 0);
  const DeviceBatch next = copier.copy(loaded.next());
  EXPECT_EQ(cuda.count("cuCtxSynchronize"), 1);
  expect_batch(seen, 0);
}

TEST_F(Device, BatchesAndTheirMemoryOutliveTheCopierAndTheLoader) {
  std::optional<Loader> loaded(loader(2));
  loaded->pin_memory(fake);
  std::optional<DeviceCopier> copier(fake);
  loaded->epoch(0);
  DeviceBatch batch = copier->copy(loaded->next());
  loaded.reset();
  copier.reset();
  Seen seen;
  batch.use_on(legacy_stream);
  read(batch, legacy_stream, seen);
  cuda.finish(legacy_stream);
  expect_batch(seen, 0);
}

TEST_F(Device, WhatTheDriverRefusesIsAnErrorAndTheBatchIsGivenBack) {
  Loader loaded = loader(0, 2);
  loaded.pin_memory(fake);
  DeviceCopier copier(fake);
  loaded.epoch(0);
  int refusals = 0;
  for (const auto& [function, calls] : {std::pair("cuMemAlloc", 0), std::pair("cuMemcpyHtoDAsync", 1),
                                        std::pair("cuEventRecord", 0), std::pair("cuEventCreate", 0)}) {
    cuda.fail(function, calls, 2);
    try {
      const DeviceBatch batch = copier.copy(loaded.next());
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::device);
      EXPECT_THAT(error.what(), HasSubstr(function));
      ++refusals;
    }
  }
  EXPECT_EQ(refusals, 4);
  const DeviceBatch batch = copier.copy(loaded.next());
  EXPECT_EQ(*batch.images().shape.begin(), 5);
}

TEST_F(Device, ForkMayDropEverything) {
  std::optional<Loader> loaded(loader());
  loaded->pin_memory(fake);
  std::optional<DeviceCopier> copier(fake);
  loaded->epoch(0);
  std::optional<DeviceBatch> batch(copier->copy(loaded->next()));
  EXPECT_EXIT(
      {
        batch.reset();
        copier.reset();
        loaded.reset();
        _exit(cuda.registered_bytes() > 0 && cuda.device_bytes() > 0 ? 0 : 1);  // the driver was not called
      },
      ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace slabring
