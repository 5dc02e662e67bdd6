#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/unique_fd.hpp"
#include "process/attach_porter.hpp"
#include "process/child_process.hpp"
#include "process/control_channel.hpp"
#include "process/respawn_budget.hpp"
#include "process/ring_memory.hpp"
#include "process/worker_setup.hpp"
#include "ring/recovery.hpp"

namespace slabring {

/// Starts the worker of a slot and returns its process id; -1 when it cannot.
using StartWorker = std::function<pid_t(std::uint32_t slot)>;

/// Parent, undertaker and doorman of the workers: starts them, takes back the rows of those that died, replaces them,
/// and ends with the trainer. Does nothing per batch. Runs in a single-threaded process of its own.
class Coordinator {
 public:
  /// Requires: all references outlive it; `trainer` is this process's parent.
  Coordinator(RingMemory& memory, ControlChannel& channel, const Supervision& supervision, pid_t trainer,
              StartWorker start, AttachPorter porter = {});

  /// Allocates the ring, starts the workers, tells the trainer, and watches until the trainer ends or says stop.
  /// Returns the exit status: 0 after an orderly stop.
  int run();

 private:
  using Clock = std::chrono::steady_clock;

  struct Worker {
    pid_t pid = -1;
    UniqueFd pidfd;
    SlotRecord record;
    std::uint64_t done_before = 0;     ///< slot's rows when this worker started
    std::uint64_t watched_ticket = 0;  ///< row seen in hand ...
    std::uint64_t watched_done = 0;    ///< ... with so many done ...
    Clock::time_point watched_since;   ///< ... since then
    bool stalled = false;              ///< killed because of that
    UniqueFd lifeline;                 ///< of one that joined by hand: dies when this is closed
    bool detached = false;             ///< ... and was told to leave
    bool waiting = false;              ///< for the respawn budget
    Clock::time_point due;             ///< when waiting
    bool running() const noexcept { return pid > 0; }
  };

  void watch();
  int poll_timeout_ms(Clock::time_point now) const;
  void start(std::uint32_t slot);
  void clear(std::uint32_t slot);
  void receive_visitors();
  void admit(AttachPorter::Visitor visitor);
  void detach_all(const AttachPorter::Visitor& visitor);
  bool joined_by_hand(std::uint32_t slot) const noexcept { return slot >= supervision_.workers; }
  void replace_or_give_up(std::uint32_t slot);
  void start_due(Clock::time_point now);
  void bury(std::uint32_t slot);
  void bury_attached(std::uint32_t slot);
  ring::Recovered take_back(std::uint32_t slot, std::uint32_t weight, const std::string& death);
  void report_death(std::uint32_t slot, pid_t pid, const std::string& text, const ring::Recovered& recovered);
  void kill_stalled(Clock::time_point now);
  void fail(const std::string& text);
  bool slabs_to_collapse() const noexcept;
  void collapse_one_slab(Clock::time_point now);
  void end_workers(bool at_once);
  std::string what_it_held(std::uint32_t slot) const;
  bool ran_out_of_memory(const Worker& worker, const Ending& ending);
  std::string cause_of_death(const Worker& worker, const Ending& ending, bool out_of_memory) const;

  RingMemory& memory_;
  ControlChannel& channel_;
  Supervision supervision_;
  pid_t trainer_;
  UniqueFd trainer_pidfd_;
  StartWorker start_;
  AttachPorter porter_;
  std::vector<Worker> workers_;
  RespawnBudget budget_;
  std::uint32_t collapsed_slabs_ = 0;
  Clock::time_point collapse_from_;
  std::uint64_t oom_kills_ = 0;  ///< of the control group, as last seen
  std::string last_death_ = "no worker could be started";
  bool finished_ = false;
  int status_ = 0;
};

}  // namespace slabring
