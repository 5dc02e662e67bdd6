#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

#include "ring/test_ring.hpp"

namespace slabring::ring {

/// Real processes on one ring, as slabring runs them, with rows that are a function of their sample:
///
///   test -- trainer
///        \- coordinator -- workers          (a second coordinator if the first one is killed)
///
/// The trainer checks every row that it is delivered. Some batches are partial and some are cancelled half-way.
/// Nobody's progress needs a time-out: each wait is much longer than a test, and one that runs out is counted.
struct CrewPlan {
  std::uint32_t batch_size = 16;
  std::uint32_t slabs = 3;
  std::uint32_t workers = 3;
  std::uint64_t row_bytes = TestRing::row_bytes;

  /// The trainer goes on until it has taken so many batches AND this many workers and coordinators were buried.
  std::uint64_t batches = 40;
  std::uint64_t deaths = 0;

  /// Whoever begins one of these exits by itself, as in a crash.
  std::vector<std::uint64_t> poison_tickets = {};

  // Called in the process when it begins.
  std::function<void()> in_trainer = [] {};
  std::function<void(int generation)> in_coordinator = [](int) {};
  std::function<void(std::uint32_t slot, std::uint32_t generation)> in_worker = [](std::uint32_t, std::uint32_t) {};

  /// Not 0: the coordinator kills and stops its workers as this seed says, until enough have died.
  std::uint32_t storm_seed = 0;
};

/// What a crew did. Lives in memory that all its processes share.
struct CrewReport {
  std::atomic<std::uint64_t> batches{0};
  std::atomic<std::uint64_t> rows{0};
  std::atomic<std::uint64_t> wrong_rows{0};
  std::atomic<std::uint64_t> quarantined_rows{0};
  std::atomic<std::uint64_t> cancelled_rows{0};
  std::atomic<std::uint64_t> worker_deaths{0};       ///< recovered from
  std::atomic<std::uint64_t> coordinator_deaths{0};  ///< followed by a successor
  std::atomic<std::uint64_t> rows_redone{0};
  std::atomic<std::uint64_t> stops{0};  ///< SIGSTOP, each followed by SIGCONT or SIGKILL
  std::atomic<std::uint64_t> timeouts{0};
};

/// How a process of the crew ended.
enum class Ending { finished, killed, lost_trainer, failed, still_running };

class Crew {
 public:
  explicit Crew(CrewPlan plan);

  /// Runs the plan to its end, or for `limit`; then kills whatever is left.
  void run(std::chrono::seconds limit = std::chrono::seconds{60});

  Ending trainer() const noexcept { return trainer_; }
  /// Of the last one.
  Ending coordinator() const noexcept { return coordinator_; }
  /// No worker was left when the last coordinator had ended.
  bool workers_gone() const noexcept { return workers_gone_; }
  const CrewReport& report() const noexcept { return report_; }

 private:
  CrewPlan plan_;
  TestRing ring_;
  GuardedMemory report_memory_;
  CrewReport& report_;
  Ending trainer_ = Ending::still_running;
  Ending coordinator_ = Ending::still_running;
  bool workers_gone_ = false;
};

}  // namespace slabring::ring
