#include "steps.hpp"

namespace slabring::model {

void move_work_bell(State& state) noexcept {
  for (Worker& worker : state.worker) worker.bell_moved = true;
}

void wake_worker(Worker& worker) noexcept {
  worker.at = WorkerStep::look_for_stop;
  worker.registered = false;
}

void wake_all_workers(State& state) noexcept {
  for (Worker& worker : state.worker) {
    if (worker.at == WorkerStep::asleep) wake_worker(worker);
  }
}

bool wake_any_worker(const Configuration& configuration, const State& state, Successors& out) {
  bool any = false;
  for (int i = 0; i < configuration.workers; ++i) {
    if (state.worker[i].at != WorkerStep::asleep) continue;
    State woken = state;
    wake_worker(woken.worker[i]);
    out.add(woken);
    any = true;
  }
  return any;
}

void wake_trainer(State& state) noexcept {
  if (state.trainer.at != TrainerStep::asleep) return;
  state.trainer.at = TrainerStep::look_whether_complete;
  state.trainer.row = 0;
  state.trainer.registered = false;
}

void check_write(const Configuration& configuration, const State& state, int slab, int row, int writer,
                 Successors& out) noexcept {
  if (state.trainer.holds[slab] != 0) out.violate("a row was written in a slab that the trainer holds");
  for (int i = 0; i < configuration.workers; ++i) {
    const Worker& other = state.worker[i];
    const bool writes_it =
        other.at == WorkerStep::end_row && other.slab == slab && other.ticket % configuration.rows == row;
    if (i != writer && writes_it) out.violate("two live writers are at one row");
  }
}

}  // namespace slabring::model
