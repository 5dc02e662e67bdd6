// A state taken after any batch, in any run, goes on in any other.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "process/child_process.hpp"
#include "slabring/loader.hpp"
#include "support/image_tree.hpp"
#include "support/pixel_dataset.hpp"
#include "support/stream_digest.hpp"
#include "support/temporary_folder.hpp"

namespace slabring {
namespace {

using test::PixelDataset;
using ::testing::HasSubstr;

constexpr std::uint64_t epochs = 2;
using Digests = std::vector<std::uint64_t>;

LoaderOptions options(int workers = 0, const std::string& state = {}) {
  return {.batch_size = 7, .shuffle = true, .seed = 11, .state = state, .workers = workers};
}

/// Delivers to the end of the last epoch, but `most` batches at most; adds their digests; returns the state then.
std::string deliver(Loader& loader, Digests& digests, std::size_t most = SIZE_MAX) {
  std::size_t left = most;
  for (std::uint64_t epoch = loader.first_epoch(); epoch < epochs; ++epoch) {
    loader.epoch(epoch);
    for (Batch batch = left > 0 ? loader.next() : Batch{}; !batch.empty(); batch = loader.next()) {
      digests.push_back(test::digest(batch));
      if (--left == 0) return loader.state();
    }
  }
  return loader.state();
}

class Resume : public ::testing::Test {
 protected:
  Resume() {
    test::write_image_tree(folder_.path(), 3, 15);
    dataset_.emplace(folder_.path());
    Loader loader(*dataset_, pipeline(), options());
    deliver(loader, calm_);
  }
  static Pipeline pipeline() { return {RandomResizedCrop{16}, RandomHorizontalFlip{}}; }

  test::TemporaryFolder folder_;
  std::optional<ImageFolder> dataset_;
  Digests calm_;  ///< of an undisturbed run
};

TEST_F(Resume, FromAfterAnyBatchTheRestIsThatOfTheUndisturbedRun) {
  ASSERT_EQ(calm_.size(), epochs * 7);
  for (std::size_t k = 1; k <= calm_.size(); ++k) {
    Digests got;
    Loader first(*dataset_, pipeline(), options());
    const std::string state = deliver(first, got, k);
    ASSERT_LT(state.size(), 1000U);
    Loader second(*dataset_, pipeline(), options(0, state));
    deliver(second, got);
    EXPECT_EQ(got, calm_) << "after " << k << " batches";
  }
}

TEST_F(Resume, OtherWorkersPrefetchAndStartMethodGoOnWithTheSameBytes) {
  Digests got;
  std::string state;
  const auto go_on = [&](int workers, int prefetch, StartMethod method, std::size_t batches) {
    LoaderOptions other = options(workers, state);
    other.prefetch = prefetch;
    other.start_method = method;
    Loader loader(*dataset_, pipeline(), other);
    state = deliver(loader, got, batches);
  };
  go_on(2, 4, StartMethod::forkserver, 3);
  go_on(3, 8, StartMethod::fork, 2);
  go_on(1, 2, StartMethod::spawn, 1);
  go_on(0, 4, StartMethod::forkserver, 4);
  go_on(2, 3, StartMethod::forkserver, SIZE_MAX);
  EXPECT_EQ(got, calm_);
}

TEST_F(Resume, StateOfAKilledTrainerIsAsGoodAsAnother) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    Digests ignored;
    Loader loader(*dataset_, pipeline(), options(2));
    const std::string state = deliver(loader, ignored, 5);
    const bool written = write(ends[1], state.data(), state.size()) == static_cast<ssize_t>(state.size());
    kill(getpid(), written ? SIGKILL : SIGABRT);
  }
  close(ends[1]);
  std::string state(1000, '\0');
  const ssize_t size = read(ends[0], state.data(), state.size());
  ASSERT_GT(size, 0);
  state.resize(static_cast<std::size_t>(size));
  close(ends[0]);
  EXPECT_EQ(reap(child)->describe(), "was killed by SIGKILL");
  Digests rest;
  Loader loader(*dataset_, pipeline(), options(2, state));
  deliver(loader, rest);
  EXPECT_EQ(rest, Digests(calm_.begin() + 5, calm_.end()));
}

TEST_F(Resume, LoopsOwnBatchCountsAndPrefetchedOnesDoNot) {
  Loader loader(*dataset_, pipeline(), options(2));
  std::string state;
  std::size_t seen = 0;
  for (Batch& batch : loader.epoch(0)) {
    EXPECT_EQ(batch.index(), seen);
    if (++seen == 3) {
      state = loader.state();
      break;
    }
  }
  Loader other(*dataset_, pipeline(), options(0, state));
  other.epoch(other.first_epoch());
  EXPECT_EQ(other.next().index(), 3U);
}

TEST_F(Resume, StateBeforeTheFirstBatchIsTheStart) {
  Loader loader(*dataset_, pipeline(), options());
  Loader other(*dataset_, pipeline(), options(0, loader.state()));
  Digests got;
  deliver(other, got);
  EXPECT_EQ(got, calm_);
}

TEST_F(Resume, StateTakenBeforeGoingOnIsTheOneThatWasGiven) {
  Loader first(*dataset_, pipeline(), options());
  Digests ignored;
  const std::string state = deliver(first, ignored, 9);
  EXPECT_EQ(Loader(*dataset_, pipeline(), options(0, state)).state(), state);
}

TEST_F(Resume, OnlyTheFirstPassOfTheEpochBeginsInTheMiddle) {
  Loader first(*dataset_, pipeline(), options());
  Digests ignored;
  Loader second(*dataset_, pipeline(), options(0, deliver(first, ignored, 2)));
  EXPECT_EQ(test::stream(second), Digests(calm_.begin() + 2, calm_.begin() + 7));
  EXPECT_EQ(test::stream(second), Digests(calm_.begin(), calm_.begin() + 7));
}

TEST_F(Resume, MovedFolderIsTheSameDataset) {
  Loader loader(*dataset_, pipeline(), options());
  const test::TemporaryFolder elsewhere;
  test::write_image_tree(elsewhere.path(), 3, 15);
  const ImageFolder moved(elsewhere.path());
  EXPECT_NO_THROW(Loader(moved, pipeline(), options(0, loader.state())));
}

TEST_F(Resume, OtherDatasetPipelineOrOptionIsRefusedByName) {
  const std::string state = Loader(*dataset_, pipeline(), options()).state();
  const auto complaint = [&](
                             const Dataset& dataset, const Pipeline& pipeline,
                             const std::function<void(LoaderOptions&)>& change = [](LoaderOptions&) {}) {
    LoaderOptions other = options(0, state);
    change(other);
    try {
      Loader loader(dataset, pipeline, other);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::state);
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  EXPECT_THAT(complaint(PixelDataset(44), pipeline()), HasSubstr("its samples is 45, that of this loader 44"));
  EXPECT_THAT(complaint(PixelDataset(45), pipeline()), HasSubstr("its dataset"));
  EXPECT_THAT(complaint(*dataset_, {RandomResizedCrop{16}}), HasSubstr("its pipeline"));
  EXPECT_THAT(complaint(*dataset_, pipeline(), [](LoaderOptions& o) { o.seed = 12; }), HasSubstr("its seed is 11"));
  EXPECT_THAT(complaint(*dataset_, pipeline(), [](LoaderOptions& o) { o.shuffle = false; }),
              HasSubstr("its sampler is \"random\""));
  EXPECT_THAT(complaint(*dataset_, pipeline(), [](LoaderOptions& o) { o.drop_last = true; }),
              HasSubstr("its drop_last"));
  EXPECT_THAT(complaint(*dataset_, pipeline(), [](LoaderOptions& o) { o.uneven = Uneven::exact; }),
              HasSubstr("its uneven is \"pad\", that of this loader \"exact\""));
  EXPECT_THAT(complaint(*dataset_, pipeline(), [](LoaderOptions& o) { o.dtype = DType::f32; }), HasSubstr("its dtype"));
  EXPECT_THAT(complaint(*dataset_, pipeline(), [](LoaderOptions& o) { o.layout = Layout::nhwc; }),
              HasSubstr("its layout"));
  EXPECT_THAT(complaint(*dataset_, pipeline(), [](LoaderOptions& o) { o.jpeg_scale = JpegScale::fast; }),
              HasSubstr("its jpeg_scale is \"exact\", that of this loader \"fast\""));
}

TEST_F(Resume, PositionBeyondTheEpochIsRefused) {
  std::string state = Loader(*dataset_, pipeline(), options()).state();
  state.replace(state.find("\"position\":0"), 12, "\"position\":46");
  EXPECT_THAT(
      [&] { Loader(*dataset_, pipeline(), options(0, state)); },
      ::testing::ThrowsMessage<Error>(HasSubstr("46 samples of its epoch were delivered, and an epoch has 45")));
}

TEST_F(Resume, BatchesTakenAheadOfTheirUseDoNotCountInStateAndStats) {
  Loader loader(*dataset_, pipeline(), options());
  std::vector<std::string> states;
  std::vector<std::uint64_t> samples;
  loader.epoch(0);
  for (std::uint32_t delivered = 1; delivered <= 7; ++delivered) {
    states.push_back(loader.state());
    samples.push_back(loader.stats().samples);
    loader.next();
    for (std::uint32_t ahead = 1; ahead <= std::min(delivered, 4U); ++ahead) {
      const std::size_t then = states.size() - ahead;
      EXPECT_EQ(loader.state(ahead), states[then]);
      EXPECT_EQ(loader.stats(ahead).samples, samples[then]);
      EXPECT_EQ(loader.stats(ahead).batches, then);
    }
  }
  EXPECT_THROW(loader.state(5), Error);  // the ring has 4 slabs
  loader.epoch(1);
  loader.next();
  EXPECT_NO_THROW(loader.state(1));
  EXPECT_THROW(loader.state(2), Error);  // one batch of this epoch
}

TEST_F(Resume, BatchIsReadyOnceWorkersHaveItCompleteAndNoneIsAtTheEnd) {
  Loader here(*dataset_, pipeline(), options());
  EXPECT_FALSE(here.ready());  // no epoch is begun
  here.epoch(0);
  EXPECT_FALSE(here.ready());  // nobody fills it before it is asked for
  LoaderOptions with_workers = options(2);
  with_workers.start_method = StartMethod::fork;
  Loader loader(*dataset_, pipeline(), with_workers);
  loader.epoch(0);
  for (int delivered = 0; delivered < 7; ++delivered) {
    while (!loader.ready()) std::this_thread::yield();
    const std::uint64_t waits = loader.stats().waits;
    EXPECT_FALSE(loader.next().empty());
    EXPECT_EQ(loader.stats().waits, waits);
  }
  EXPECT_FALSE(loader.ready());
  EXPECT_TRUE(loader.next().empty());
}

}  // namespace
}  // namespace slabring
