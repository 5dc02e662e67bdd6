// Every fault point of the ring protocol, in processes of real loaders. tests/ring kills at them without any.

#include "sync/fault_point.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "loader/calm_loader.hpp"
#include "support/process_table.hpp"

#ifdef SLABRING_FAULT_POINTS

namespace slabring {
namespace {

using test::eventually;
using test::is_running;
using test::stream;

/// An environment variable as long as it lives; what is started meanwhile inherits it.
class Planted {
 public:
  Planted(const char* name, const std::string& value) : name_(name) { setenv(name, value.c_str(), 1); }
  ~Planted() { unsetenv(name_); }
  Planted(const Planted&) = delete;
  Planted& operator=(const Planted&) = delete;

 private:
  const char* name_;
};

class FaultPointTest : public test::CalmLoader {};

TEST_F(FaultPointTest, DeathAtAnyStepOfAWorkerIsInvisible) {
  for (const StartMethod method : test::all_start_methods) {
    std::uint64_t deaths = 0;
    for (auto point = static_cast<std::uint32_t>(FaultPoint::claim_scan);
         point <= static_cast<std::uint32_t>(FaultPoint::bell_epoch_bumped); ++point) {
      const std::string name{to_string(static_cast<FaultPoint>(point))};
      const Planted fault("SLABRING_FAULT", name + ":3");
      Loader loader(*dataset_, pipeline(), options(method, 2));
      EXPECT_EQ(stream(loader, 3), calm_) << name;
      deaths += loader.stats().worker_deaths;
    }
    EXPECT_GT(deaths, 10U) << "most steps are reached three times in three epochs";
  }
}

TEST_F(FaultPointTest, DeathAtAnyStepOfACoordinatorIsInvisible) {
  for (const StartMethod method : {StartMethod::forkserver, StartMethod::spawn}) {
    for (const FaultPoint point : {FaultPoint::recover_seen, FaultPoint::recover_cas, FaultPoint::recover_freed,
                                   FaultPoint::recover_hint, FaultPoint::bell_forced}) {
      const std::string name{to_string(point)};
      const Planted dead_worker("SLABRING_FAULT", "row_half_written:3");  // to recover from
      const Planted fault("SLABRING_COORDINATOR_FAULT", name + ":1");
      Loader loader(*dataset_, pipeline(), options(method, 2));
      EXPECT_EQ(stream(loader, 3), calm_) << name;
      EXPECT_EQ(loader.stats().takeovers, 1U) << name;
    }
  }
}

TEST_F(FaultPointTest, DeathOfACoordinatorThatForksEndsInWholeBatchesAndOneSentence) {
  for (const FaultPoint point : {FaultPoint::recover_seen, FaultPoint::recover_cas, FaultPoint::recover_freed,
                                 FaultPoint::recover_hint, FaultPoint::bell_forced}) {
    const std::string name{to_string(point)};
    const Planted dead_worker("SLABRING_FAULT", "row_half_written:3");
    const Planted fault("SLABRING_COORDINATOR_FAULT", name + ":1");
    Loader loader(*dataset_, pipeline(), options(StartMethod::fork, 2));
    std::vector<std::uint64_t> got;
    std::string said;
    try {
      for (std::uint64_t epoch = 0; epoch < 3; ++epoch) {
        for (Batch& batch : loader.epoch(epoch)) got.push_back(test::digest(batch));
      }
    } catch (const Error& error) {
      said = error.what();
    }
    EXPECT_THAT(said, ::testing::HasSubstr("coordinator")) << name;
    ASSERT_LT(got.size(), calm_.size()) << name;
    EXPECT_TRUE(std::equal(got.begin(), got.end(), calm_.begin())) << name;
  }
}

/// What is delivered of an epoch in which workers crash over one sample, and how it went.
struct Poisoned {
  std::vector<std::uint64_t> digests;
  std::vector<SampleFault> faults;
  std::uint64_t takeovers = 0;
};

TEST_F(FaultPointTest, DeathOfACoordinatorInTheMiddleOfAQuarantineIsInvisible) {
  const Planted poison("SLABRING_FAULT_SAMPLE", "77");
  for (const StartMethod method : {StartMethod::forkserver, StartMethod::spawn}) {
    for (const OnError policy : {OnError::mask, OnError::substitute}) {
      const auto run = [&] {
        LoaderOptions chosen = options(method, 2);
        chosen.on_error = policy;
        chosen.epochs = 1;
        Loader loader(*dataset_, pipeline(), chosen);
        Poisoned result;
        result.digests = stream(loader);
        result.faults = loader.faults();
        result.takeovers = loader.stats().takeovers;
        return result;
      };
      const Poisoned calm = run();
      const Planted fault("SLABRING_COORDINATOR_FAULT", "quarantine_mine:1");
      const Poisoned disturbed = run();
      const std::string where = fmt::format("{}, {}", to_string(method), to_string(policy));
      EXPECT_EQ(disturbed.takeovers, 1U) << where;
      EXPECT_EQ(disturbed.digests, calm.digests) << where;
      ASSERT_EQ(disturbed.faults.size(), 1U) << where;
      EXPECT_EQ(to_index(disturbed.faults[0].id), 77U);
      EXPECT_EQ(disturbed.faults[0].status, SampleStatus::quarantined);
      EXPECT_EQ(disturbed.faults[0].substitute, calm.faults.at(0).substitute) << where;
    }
  }
}

/// Coordinator and workers of a trainer that is killed at its `hit`-th arrival at `point`; it breaks out of epochs and
/// ends its loader, so that it passes all points.
std::vector<int> children_of_a_trainer_killed_at(FaultPoint point, std::uint64_t hit, const ImageFolder& dataset,
                                                 const Pipeline& pipeline, const LoaderOptions& options) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("pipe failed");
  const pid_t trainer = fork();
  if (trainer == 0) {
    std::optional<Loader> loader;
    loader.emplace(dataset, pipeline, options);
    std::array<int, 3> pids{loader->stats().coordinator_pid};
    eventually([&] { return loader->stats().worker_pids.size() == 2; });
    for (std::size_t i = 0; i < 2; ++i) pids.at(i + 1) = loader->stats().worker_pids.at(i);
    if (write(ends[1], pids.data(), sizeof pids) < 0) _exit(1);
    kill_at(point, hit);
    for (std::uint64_t epoch = 0; epoch < 3; ++epoch) {
      loader->epoch(epoch);
      for (int i = 0; i < 3; ++i) loader->next();
    }
    loader.reset();
    _exit(0);
  }
  close(ends[1]);
  std::array<int, 3> pids{};
  const bool told = read(ends[0], pids.data(), sizeof pids) == static_cast<ssize_t>(sizeof pids);
  close(ends[0]);
  int status = 0;
  waitpid(trainer, &status, 0);
  EXPECT_TRUE(told);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << to_string(point) << ": not reached";
  return {pids.begin(), pids.end()};
}

TEST_F(FaultPointTest, DeathAtAnyStepOfATrainerLeavesNothing) {
  const auto shm_before = test::names_in("/dev/shm");
  for (const StartMethod method : test::all_start_methods) {
    for (const FaultPoint point : {FaultPoint::arm_owners, FaultPoint::arm_bitmap, FaultPoint::arm_order,
                                   FaultPoint::arm_issued, FaultPoint::cancel_cas, FaultPoint::bell_forced}) {
      const std::uint64_t hit = point == FaultPoint::bell_forced ? 1 : 3;
      for (const int pid : children_of_a_trainer_killed_at(point, hit, *dataset_, pipeline(), options(method, 2))) {
        EXPECT_TRUE(eventually([&] { return !is_running(pid); })) << to_string(method) << ", " << to_string(point);
      }
    }
  }
  EXPECT_EQ(test::names_in("/dev/shm"), shm_before);
}

}  // namespace
}  // namespace slabring

#endif
