// The ranks of a world, each with a Loader of its own, deliver the epoch of a single process, row by row the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "slabring/loader.hpp"
#include "support/image_tree.hpp"
#include "support/temporary_folder.hpp"

namespace slabring {
namespace {

constexpr std::uint64_t samples = 45;

std::string bytes_of(const Batch& batch, std::size_t row) {
  const Tensor images = batch.images();
  const std::size_t bytes = images.size_bytes() / batch.size();
  return {reinterpret_cast<const char*>(images.data) + row * bytes, bytes};
}

/// What was delivered of an epoch, whoever delivered it.
struct Collected {
  std::map<std::uint64_t, std::string> rows;  ///< by sample
  std::uint64_t padded = 0;
  std::uint64_t absent = 0;

  void add(const Batch& batch) {
    for (std::size_t row = 0; row < batch.size(); ++row) {
      const std::string bytes = bytes_of(batch, row);
      if (batch.statuses()[row] == SampleStatus::absent) {
        ++absent;
        EXPECT_EQ(batch.ids()[row], no_sample);
        EXPECT_EQ(batch.labels()[row], -1);
        EXPECT_EQ(bytes, std::string(bytes.size(), '\0'));
        continue;
      }
      const auto [at, inserted] = rows.emplace(to_index(batch.ids()[row]), bytes);
      EXPECT_EQ(at->second, bytes) << "another row of the same sample";
      if (batch.statuses()[row] == SampleStatus::padded) {
        ++padded;
      } else {
        EXPECT_EQ(batch.statuses()[row], SampleStatus::ok);
        EXPECT_TRUE(own.insert({to_index(batch.ids()[row]), true}).second) << "delivered twice";
      }
    }
  }
  std::map<std::uint64_t, bool> own;
};

class Elastic : public ::testing::Test {
 protected:
  Elastic() {
    test::write_image_tree(folder_.path(), 3, 15);
    dataset_.emplace(folder_.path());
    Loader loader(*dataset_, pipeline(), options(0, 1));
    for (const Batch& batch : loader.epoch(1)) calm_.add(batch);
  }
  static Pipeline pipeline() { return {RandomResizedCrop{16}, RandomHorizontalFlip{}}; }
  static LoaderOptions options(int rank, int world, const std::string& state = {}, std::int64_t batch_size = 4) {
    return {.batch_size = batch_size,
            .shuffle = true,
            .rank = rank,
            .world = world,
            .uneven = Uneven::exact,
            .seed = 11,
            .state = state,
            .workers = 0};
  }

  using World = std::vector<std::unique_ptr<Loader>>;
  World world_of(int ranks, const std::string& state = {}, std::int64_t batch_size = 4) const {
    World world;
    for (int rank = 0; rank < ranks; ++rank) {
      world.push_back(std::make_unique<Loader>(*dataset_, pipeline(), options(rank, ranks, state, batch_size)));
    }
    return world;
  }
  /// Delivers `most` batches of epoch 1 on every rank; returns the state, which is the same on all.
  static std::string deliver(World& world, Collected& into, std::size_t most = SIZE_MAX) {
    std::string state;
    for (auto& loader : world) {
      std::size_t left = most;
      loader->epoch(1);
      for (Batch batch = left > 0 ? loader->next() : Batch{}; !batch.empty(); batch = loader->next()) {
        into.add(batch);
        if (--left == 0) break;
      }
      if (state.empty()) state = loader->state();
      EXPECT_EQ(loader->state(), state) << "the state of one rank is not the state of all";
    }
    return state;
  }

  test::TemporaryFolder folder_;
  std::optional<ImageFolder> dataset_;
  Collected calm_;  ///< of one process that nothing disturbs
};

TEST_F(Elastic, EveryWorldDeliversTheRowsOfASingleProcess) {
  ASSERT_EQ(calm_.own.size(), samples);
  for (const int ranks : {1, 2, 3, 4, 8, 60}) {
    Collected got;
    World world = world_of(ranks);
    deliver(world, got);
    EXPECT_EQ(got.own.size(), samples) << ranks;
    EXPECT_EQ(got.rows, calm_.rows) << ranks;
    EXPECT_EQ(world[0]->samples_per_epoch() * static_cast<std::uint64_t>(ranks), samples + got.absent);
  }
}

TEST_F(Elastic, StateOfFourRanksGoesOnWithAnyNumberOfThem) {
  for (std::size_t batches = 0; batches <= 2; ++batches) {  // of 3
    for (const int ranks : {1, 2, 3, 8}) {
      Collected got;
      World four = world_of(4);
      const std::string state = deliver(four, got, batches);
      EXPECT_LT(state.size(), 1000U);
      World others = world_of(ranks, state);
      deliver(others, got);
      EXPECT_EQ(got.own.size(), samples) << batches << " batches, then " << ranks << " ranks";
      EXPECT_EQ(got.rows, calm_.rows);
    }
  }
}

TEST_F(Elastic, GoesOnAgainAndAgainAlsoWithOtherBatchSizes) {
  Collected got;
  World world = world_of(3, {}, 2);
  std::string state = deliver(world, got, 1);
  for (const auto& [ranks, batch_size] : {std::pair{8, 1}, {2, 3}, {5, 1}, {1, 7}}) {
    World next = world_of(ranks, state, batch_size);
    state = deliver(next, got, 1);
  }
  World last = world_of(4, state);
  deliver(last, got);
  EXPECT_EQ(got.own.size(), samples);
  EXPECT_EQ(got.rows, calm_.rows);
}

TEST_F(Elastic, PaddedRowsAreMarkedAndCounted) {
  LoaderOptions padding = options(1, 2);
  padding.uneven = Uneven::pad;
  Loader loader(*dataset_, pipeline(), padding);
  Collected got;
  for (const Batch& batch : loader.epoch(1)) got.add(batch);
  EXPECT_EQ(got.padded, 1U);  // 45 samples for 2 ranks
  EXPECT_EQ(loader.stats().padded, 1U);
  EXPECT_EQ(loader.stats().absent, 0U);
  EXPECT_EQ(loader.stats().samples, 23U);
  EXPECT_EQ(loader.stats().faults, 0U);
}

TEST_F(Elastic, AbsentRowsAreNoFaultAndAreCounted) {
  LoaderOptions raising = options(7, 8);
  raising.on_error = OnError::raise;
  raising.workers = 2;
  Loader loader(*dataset_, pipeline(), raising);
  Collected got;
  for (int pass = 0; pass < 3; ++pass) {
    for (const Batch& batch : loader.epoch(1)) got.absent += batch.statuses().back() == SampleStatus::absent ? 1 : 0;
  }
  EXPECT_EQ(got.absent, 3U);  // 45 - 32 = 13 samples for 8 ranks: the last has 1 row of 2
  EXPECT_EQ(loader.stats().absent, 3U);
  EXPECT_EQ(loader.stats().faults, 0U);
  EXPECT_TRUE(loader.faults().empty());
}

TEST_F(Elastic, BatchesWithoutAnySampleArriveAsTheOthersDo) {
  LoaderOptions late = options(59, 60);
  late.workers = 2;
  Loader loader(*dataset_, pipeline(), late);
  for (std::uint64_t epoch = 0; epoch < 20; ++epoch) {
    std::size_t batches = 0;
    for (const Batch& batch : loader.epoch(epoch)) {
      ++batches;
      EXPECT_EQ(batch.size(), 1U);
      EXPECT_EQ(batch.statuses()[0], SampleStatus::absent);
    }
    EXPECT_EQ(batches, 1U);
  }
  EXPECT_EQ(loader.stats().samples, 0U);
}

}  // namespace
}  // namespace slabring
