// A program that is its own worker: a dataset of its code with start method spawn.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/memfd.hpp"
#include "slabring/loader.hpp"
#include "slabring/worker.hpp"
#include "support/pixel_dataset.hpp"
#include "support/process_table.hpp"
#include "support/stream_digest.hpp"

namespace slabring {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string this_program() { return std::filesystem::read_symlink("/proc/self/exe").string(); }

/// The number of samples travels in a table, a flaw in the configuration.
class OwnDataset : public test::PixelDataset {
 public:
  explicit OwnDataset(std::uint64_t count, std::string flaw = "") : PixelDataset(count), flaw_(std::move(flaw)) {
    table_ = create_memfd("count");
    if (write(table_.get(), &count, sizeof count) < 0) std::abort();
  }
  void load(SampleId id, Sample& sample) const override {
    if (flaw_ == "crash" && to_index(id) == 5 && getenv("OWN_WORKER") != nullptr) std::abort();
    PixelDataset::load(id, sample);
  }
  std::optional<DatasetRecipe> recipe() const override {
    return DatasetRecipe{"own", flaw_, {table_.get()}, {this_program(), "as-worker"}};
  }

 private:
  UniqueFd table_;
  std::string flaw_;
};

std::unique_ptr<Dataset> open_own(const DatasetRecipe& recipe) {
  std::uint64_t count = 0;
  if (recipe.fds.size() != 1 || pread(recipe.fds[0], &count, sizeof count, 0) != sizeof count) std::abort();
  if (recipe.config == "refuse") throw std::runtime_error("this dataset will not be opened");
  return std::make_unique<OwnDataset>(count, recipe.config);
}

LoaderOptions options(int workers) {
  return {.batch_size = 8, .shuffle = true, .seed = 3, .workers = workers, .start_method = StartMethod::spawn};
}

TEST(OwnWorker, DeliversTheSameBytesAsTheCallingProcess) {
  const OwnDataset dataset(100);
  Loader here(dataset, {}, options(0));
  const auto expected = test::stream(here, 3);
  Loader loader(dataset, {}, options(3));
  EXPECT_EQ(test::stream(loader, 3), expected);
  EXPECT_EQ(loader.stats().sandbox, "off");
}

TEST(OwnWorker, KilledOnesAreReplacedAndACoordinatorTooWithoutALoss) {
  const OwnDataset dataset(200);
  Loader here(dataset, {}, options(0));
  const auto expected = test::stream(here);
  Loader loader(dataset, {}, options(2));
  std::vector<std::uint64_t> got;
  for (Batch& batch : loader.epoch(0)) {
    got.push_back(test::digest(batch));
    const LoaderStats stats = loader.stats();
    if (batch.index() % 4 == 1 && !stats.worker_pids.empty()) kill(stats.worker_pids[0], SIGKILL);
    if (batch.index() == 10) kill(stats.coordinator_pid, SIGKILL);
  }
  EXPECT_EQ(got, expected);
}

TEST(OwnWorker, CrashOverASampleQuarantinesIt) {
  const OwnDataset dataset(20, "crash");
  LoaderOptions masked = options(2);
  masked.on_error = OnError::mask;
  Loader loader(dataset, {}, masked);
  test::stream(loader);
  ASSERT_EQ(loader.faults().size(), 1U);
  EXPECT_EQ(to_index(loader.faults()[0].id), 5U);
  EXPECT_THAT(loader.faults()[0].message, HasSubstr("SIGABRT"));
}

TEST(OwnWorker, WhoseDatasetCannotBeOpenedIsOneClearErrorWithItsStatus) {
  const OwnDataset dataset(20, "refuse");
  Loader loader(dataset, {}, options(1));
  try {
    test::stream(loader);
    FAIL() << "delivered";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("ended with exit status 9"));
  }
}

TEST(OwnWorker, OtherStartMethodsAndAStrictSandboxAreRefused) {
  const OwnDataset dataset(20);
  const auto refusal = [&](const LoaderOptions& asked) {
    try {
      const Loader loader(dataset, {}, asked);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  LoaderOptions asked = options(1);
  asked.start_method = StartMethod::forkserver;
  EXPECT_THAT(refusal(asked), AllOf(HasSubstr(this_program()), HasSubstr("use spawn")));
  asked = options(1);
  asked.sandbox = Sandbox::strict;
  EXPECT_THAT(refusal(asked), HasSubstr("sandbox is strict"));
}

}  // namespace
}  // namespace slabring

int main(int argc, char** argv) {
  if (argc == 4 && std::string_view(argv[1]) == "as-worker") {
    setenv("OWN_WORKER", "1", 1);
    try {
      return slabring::run_as_worker(static_cast<std::uint32_t>(std::atoi(argv[3])), slabring::open_own);
    } catch (const std::exception&) {
      return 9;
    }
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
