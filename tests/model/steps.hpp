#pragma once

#include <cstddef>
#include <vector>

#include "configuration.hpp"
#include "state.hpp"

namespace slabring::model {

/// What one state leads to.
class Successors {
 public:
  void clear() noexcept {
    states_.clear();
    violation_ = nullptr;
  }
  void add(const State& state) { states_.push_back(state); }
  /// The step breaks a rule of the protocol.
  void violate(const char* rule) noexcept { violation_ = rule; }

  const std::vector<State>& states() const noexcept { return states_; }
  const char* violation() const noexcept { return violation_; }

 private:
  std::vector<State> states_;
  const char* violation_ = nullptr;
};

// Each adds what the actor's next step may lead to: nothing when it can take none, several states where the step is not
// determined.
void worker_step(const Configuration& configuration, const State& state, int worker, Successors& out);
void trainer_step(const Configuration& configuration, const State& state, Successors& out);
void coordinator_step(const Configuration& configuration, const State& state, Successors& out);
/// SIGKILL of one process, at any step, while the configuration has kills left.
void kill_steps(const Configuration& configuration, const State& state, Successors& out);

// The bells, which all three ring.

/// `work` rings: whoever registered and does not sleep yet will not.
void move_work_bell(State& state) noexcept;
void wake_worker(Worker& worker) noexcept;
void wake_all_workers(State& state) noexcept;
/// One successor for each worker that may be the one woken; false: none sleeps.
bool wake_any_worker(const Configuration& configuration, const State& state, Successors& out);
void wake_trainer(State& state) noexcept;

/// Rule: a row's memory is written by its one owner, and never while the trainer holds the slab.
void check_write(const Configuration& configuration, const State& state, int slab, int row, int writer,
                 Successors& out) noexcept;

}  // namespace slabring::model
