#pragma once

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.hpp"
#include "process/control_channel.hpp"
#include "process/ring_memory.hpp"
#include "process/worker_setup.hpp"

namespace slabring {

/// The trainer's hold on its coordinator: the one child that a Loader adds to its process. Not thread-safe.
class CoordinatorProcess {
 public:
  CoordinatorProcess() = default;
  /// Ends it: says stop, waits, kills after that, reaps.
  ~CoordinatorProcess();
  CoordinatorProcess(CoordinatorProcess&&) noexcept;
  CoordinatorProcess& operator=(CoordinatorProcess&&) noexcept;

  /// `forkserver` and `spawn`: a fresh `program --coordinator`. posix_spawn, because a fork of a trainer with gigabytes
  /// of page tables takes tens of milliseconds and one with threads is not safe.
  static CoordinatorProcess launch(const std::string& program, const WorkerSetup& setup, const RingMemory& memory);

  /// `fork`: coordinator and workers are forks of this process and use `work` as it is here.
  static CoordinatorProcess fork_here(RingMemory& memory, const Supervision& supervision, const Work& work);

  /// Waits until the workers are started; false: it was killed before, and another may be launched once
  /// wait_until_workers_are_dead(). Throws Error(memory or process) with the coordinator's own words, or how it ended.
  bool wait_until_ready();

  /// News since the last call.
  std::vector<ControlMessage> take_messages();
  bool alive() const noexcept { return pidfd_ && !has_ended_; }
  /// Looks whether it still lives; false from the moment it does not.
  bool check_alive() noexcept;
  /// How it ended, for a message. Requires: !alive().
  std::string describe_end();
  /// Waits until no worker of it lives either; false: not within that time, or it cannot be known (`fork`). From then
  /// on no store of theirs can become visible, so their rows may be taken back. The default: a worker in the middle of
  /// a read from a slow disk dies when that read has ended.
  bool wait_until_workers_are_dead(int timeout_ms = 10'000) noexcept;

  pid_t pid() const noexcept { return pid_; }

  /// Ends it now. Requires: the ring's `stop` is set. Idempotent.
  void end() noexcept;

 private:
  CoordinatorProcess(pid_t pid, ControlChannel channel, UniqueFd life_pipe) noexcept;

  pid_t pid_ = -1;
  pid_t owner_ = -1;  ///< who made it: a fork of the trainer that destroys its copy must not end it
  UniqueFd pidfd_;
  ControlChannel channel_;
  UniqueFd life_pipe_;  ///< reading end; empty with `fork`
  bool has_ended_ = false;
  bool reaped_ = false;
};

}  // namespace slabring
