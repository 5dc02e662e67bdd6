#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "loader/calm_loader.hpp"
#include "process/child_process.hpp"
#include "support/process_table.hpp"
#include "support/temporary_folder.hpp"

namespace slabring {
namespace {

using test::eventually;
using test::is_running;
using test::stream;
using ::testing::HasSubstr;

class DeathTest : public test::CalmLoader {};

TEST_F(DeathTest, KilledWorkersCostNothingButTime) {
  for (const StartMethod method : test::all_start_methods) {
    Loader loader(*dataset_, pipeline(), options(method, 3));
    std::mt19937 random(1);
    std::vector<std::uint64_t> got;
    for (std::uint64_t epoch = 0; epoch < 3; ++epoch) {
      for (Batch& batch : loader.epoch(epoch)) {
        got.push_back(test::digest(batch));
        const auto workers = loader.stats().worker_pids;
        if (!workers.empty()) kill(workers[random() % workers.size()], SIGKILL);
      }
    }
    EXPECT_EQ(got, calm_) << to_string(method);
    EXPECT_GT(loader.stats().worker_deaths, 0U);
    EXPECT_EQ(loader.stats().quarantined, 0U);
  }
}

TEST_F(DeathTest, KilledCoordinatorIsReplacedAndTheStreamGoesOn) {
  for (const StartMethod method : {StartMethod::forkserver, StartMethod::spawn}) {
    Loader loader(*dataset_, pipeline(), options(method, 2));
    std::vector<std::uint64_t> got;
    std::set<int> coordinators;
    for (std::uint64_t epoch = 0; epoch < 3; ++epoch) {
      for (Batch& batch : loader.epoch(epoch)) {
        got.push_back(test::digest(batch));
        const int pid = loader.stats().coordinator_pid;
        if (coordinators.insert(pid).second) kill(pid, SIGKILL);
      }
    }
    EXPECT_EQ(got, calm_) << to_string(method);
    const LoaderStats stats = loader.stats();
    EXPECT_GE(stats.takeovers, 1U);
    EXPECT_GE(stats.worker_deaths, 2U);
    EXPECT_EQ(stats.quarantined, 0U);
    for (const int pid : coordinators) EXPECT_TRUE(pid == stats.coordinator_pid || !is_running(pid));
  }
}

TEST_F(DeathTest, CoordinatorAndWorkersKilledAtOnceAreReplaced) {
  Loader loader(*dataset_, pipeline(), options(StartMethod::forkserver, 2));
  loader.epoch(0);
  std::vector<std::uint64_t> got;
  got.push_back(test::digest(loader.next()));
  const LoaderStats stats = loader.stats();
  for (const int pid : stats.worker_pids) kill(pid, SIGKILL);
  kill(stats.coordinator_pid, SIGKILL);
  for (Batch batch = loader.next(); !batch.empty(); batch = loader.next()) got.push_back(test::digest(batch));
  EXPECT_TRUE(std::equal(got.begin(), got.end(), calm_.begin()));
  EXPECT_EQ(got.size(), loader.batches_per_epoch());
}

TEST_F(DeathTest, CoordinatorsThatDieWithoutARowDoneEndInOneClearError) {
  const auto flag = folder_.path() / "flag";
  const auto program = folder_.path() / "worker.sh";
  const auto worker = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "slabring-worker";
  std::ofstream(program) << "#!/bin/sh\n[ -e " << flag << " ] && kill -9 $$\nexec " << worker << " \"$@\"\n";
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  LoaderOptions with_script = options(StartMethod::forkserver, 2);
  with_script.worker_program = program;
  Loader loader(*dataset_, pipeline(), with_script);
  std::ofstream(flag) << "here";
  kill(loader.stats().coordinator_pid, SIGKILL);
  std::string message;
  try {
    stream(loader, 3);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::process);
    message = error.what();
  }
  EXPECT_THAT(message, HasSubstr("was killed by SIGKILL"));
  EXPECT_EQ(loader.stats().takeovers, 5U);
}

TEST_F(DeathTest, CoordinatorKilledBeforeItIsReadyIsReplacedToo) {
  const auto flag = folder_.path() / "flag";
  const auto program = folder_.path() / "worker.sh";
  const auto worker = std::filesystem::read_symlink("/proc/self/exe").parent_path() / "slabring-worker";
  std::ofstream(program) << "#!/bin/sh\nrm " << flag << " 2>/dev/null && kill -9 $$\nexec " << worker << " \"$@\"\n";
  std::filesystem::permissions(program, std::filesystem::perms::owner_all);
  LoaderOptions with_script = options(StartMethod::forkserver, 2);
  with_script.worker_program = program;
  std::ofstream(flag) << "here";
  Loader loader(*dataset_, pipeline(), with_script);
  EXPECT_EQ(stream(loader, 3), calm_);
  EXPECT_FALSE(std::filesystem::exists(flag));
}

TEST_F(DeathTest, KilledCoordinatorOfForkGivesCompleteBatchesAndThenOneClearError) {
  Loader loader(*dataset_, pipeline(), options(StartMethod::fork, 2));
  loader.epoch(0);
  std::vector<std::uint64_t> got;
  got.push_back(test::digest(loader.next()));
  const LoaderStats stats = loader.stats();
  kill(stats.coordinator_pid, SIGKILL);
  // Until it is dead its workers live, and could finish the epoch.
  ASSERT_TRUE(eventually([&] { return !is_running(stats.coordinator_pid); }));
  std::string message;
  try {
    for (Batch batch = loader.next(); !batch.empty(); batch = loader.next()) got.push_back(test::digest(batch));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::process);
    message = error.what();
  }
  EXPECT_THAT(message, HasSubstr("was killed by SIGKILL"));
  ASSERT_LE(got.size(), calm_.size());
  EXPECT_TRUE(std::equal(got.begin(), got.end(), calm_.begin()));
  for (const int pid : stats.worker_pids) EXPECT_TRUE(eventually([&] { return !is_running(pid); }));
}

/// A trainer in a process of its own: runs `body` with a loader, writes the process ids of coordinator and workers to a
/// pipe after the first batch, and goes on until it is killed.
class Trainer {
 public:
  Trainer(const ImageFolder& dataset, const Pipeline& pipeline, const LoaderOptions& options) {
    int ends[2];
    if (pipe(ends) != 0) throw std::runtime_error("pipe failed");
    pid_ = fork();
    if (pid_ == 0) {
      Loader loader(dataset, pipeline, options);
      for (std::uint64_t epoch = 0;; ++epoch) {
        for ([[maybe_unused]] Batch& batch : loader.epoch(epoch)) {
          if (epoch > 0 || batch.index() != 0) continue;
          std::vector<int> pids = loader.stats().worker_pids;
          pids.insert(pids.begin(), loader.stats().coordinator_pid);
          if (write(ends[1], pids.data(), pids.size() * sizeof(int)) < 0) _exit(1);
          close(ends[1]);
        }
      }
    }
    close(ends[1]);
    int pid = 0;
    // No end of file to wait for: forked workers inherit the pipe.
    while (children_.size() < 3 && read(ends[0], &pid, sizeof pid) == static_cast<ssize_t>(sizeof pid)) {
      children_.push_back(pid);
    }
    close(ends[0]);
  }
  ~Trainer() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  pid_t pid() const { return pid_; }
  const std::vector<int>& children() const { return children_; }  ///< coordinator first

 private:
  pid_t pid_ = -1;
  std::vector<int> children_;
};

TEST_F(DeathTest, KilledTrainerTakesEverybodyWithIt) {
  const auto shm_before = test::names_in("/dev/shm");
  for (const StartMethod method : test::all_start_methods) {
    for (const int signal_number : {SIGKILL, SIGTERM, SIGABRT}) {
      const Trainer trainer(*dataset_, pipeline(), options(method, 2));
      ASSERT_EQ(trainer.children().size(), 3U);
      kill(trainer.pid(), signal_number);
      for (const int pid : trainer.children()) {
        EXPECT_TRUE(eventually([&] { return !is_running(pid); }, std::chrono::seconds(2)))
            << to_string(method) << " signal " << signal_number;
      }
    }
  }
  EXPECT_EQ(test::names_in("/dev/shm"), shm_before);
}

TEST_F(DeathTest, TrainerKilledWithAllOthersAtOnceLeavesNothing) {
  for (const StartMethod method : test::all_start_methods) {
    const Trainer trainer(*dataset_, pipeline(), options(method, 2));
    ASSERT_EQ(trainer.children().size(), 3U);
    for (const int pid : trainer.children()) kill(pid, SIGKILL);
    kill(trainer.pid(), SIGKILL);
    for (const int pid : trainer.children()) EXPECT_TRUE(eventually([&] { return !is_running(pid); }));
  }
}

TEST_F(DeathTest, NormalEndAndExceptionLeaveNoProcessAndNoFile) {
  const auto shm_before = test::names_in("/dev/shm");
  for (const StartMethod method : test::all_start_methods) {
    LoaderStats stats;
    {
      Loader loader(*dataset_, pipeline(), options(method, 2));
      stream(loader);
      stats = loader.stats();
    }
    for (const int pid : stats.worker_pids) EXPECT_FALSE(is_running(pid));
    EXPECT_EQ(test::process_state(stats.coordinator_pid), '\0') << "reaped";
    try {
      Loader loader(*dataset_, pipeline(), options(method, 2));
      loader.epoch(0);
      const Batch batch = loader.next();
      stats = loader.stats();
      throw std::runtime_error("the training step failed");
    } catch (const std::runtime_error&) {
      for (const int pid : stats.worker_pids) EXPECT_FALSE(is_running(pid));
      EXPECT_EQ(test::process_state(stats.coordinator_pid), '\0');
    }
  }
  EXPECT_EQ(test::names_in("/dev/shm"), shm_before);
}

TEST_F(DeathTest, StoppedWorkersAreKilledAtTheEnd) {
  LoaderStats stats;
  {
    Loader loader(*dataset_, pipeline(), options(StartMethod::forkserver, 2));
    loader.epoch(0);
    loader.next();
    stats = loader.stats();
    for (const int pid : stats.worker_pids) kill(pid, SIGSTOP);
  }
  for (const int pid : stats.worker_pids) EXPECT_FALSE(is_running(pid));
}

TEST_F(DeathTest, HostThatIgnoresOrReapsChildrenIsTolerated) {
  signal(SIGCHLD, SIG_IGN);
  for (const StartMethod method : test::all_start_methods) {
    Loader loader(*dataset_, pipeline(), options(method, 2));
    EXPECT_EQ(stream(loader, 3), calm_);
  }
  signal(SIGCHLD, SIG_DFL);
}

}  // namespace
}  // namespace slabring
