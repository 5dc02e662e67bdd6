#include <algorithm>

#include "steps.hpp"

namespace slabring::model {
namespace {

/// The trainer, about to take its next step in a copy of the state.
class TrainerActor {
 public:
  TrainerActor(const Configuration& configuration, const State& before, Successors& out)
      : config_(configuration), state_(before), me_(state_.trainer), out_(out) {}

  void step() {
    switch (me_.at) {
      case TrainerStep::asleep:
      case TrainerStep::ended: return;
      case TrainerStep::choose: choose(); break;
      case TrainerStep::arm_owners: arm_owners(); break;
      case TrainerStep::arm_bitmap: arm_bitmap(); break;
      case TrainerStep::arm_order: arm_order(); break;
      case TrainerStep::arm_issued: arm_issued(); break;
      case TrainerStep::look_at_work_bell: look_at_work_bell(); break;
      case TrainerStep::bump_work_bell: bump_work_bell(); break;
      case TrainerStep::wake_workers: return wake_workers();
      case TrainerStep::look_whether_complete: look_whether_complete(); break;
      case TrainerStep::register_as_sleeper: register_as_sleeper(); break;
      case TrainerStep::fall_asleep: fall_asleep(); break;
      case TrainerStep::take: take(); break;
      case TrainerStep::release: release(); break;
      case TrainerStep::cancel_look: cancel_look(); break;
      case TrainerStep::cancel_claim: cancel_claim(); break;
      case TrainerStep::cancel_set_done: cancel_set_done(); break;
      case TrainerStep::cancel_next_row: cancel_next_row(); break;
      case TrainerStep::stop: stop(); break;
      case TrainerStep::stop_force_bell: stop_force_bell(); break;
      case TrainerStep::stop_wake_workers: stop_wake_workers(); break;
    }
    out_.add(state_);
  }

 private:
  int slab_of(int batch) const noexcept { return me_.slab_of[batch % config_.slabs]; }
  Owner& owner() noexcept { return state_.owner[me_.slab][me_.row]; }
  Byte& done() noexcept { return state_.done[me_.slab][me_.row]; }
  bool is(Mutant mutant) const noexcept { return config_.mutant == mutant; }

  /// On to the next row, or to `next` behind the last.
  void next_row_or(TrainerStep next) noexcept {
    if (++me_.row < config_.rows) return;
    me_.row = 0;
    me_.at = next;
  }

  void look_again() noexcept {
    me_.row = 0;
    me_.at = TrainerStep::look_whether_complete;
  }

  // ---- arm()

  void choose() noexcept {
    if (me_.free_count > 0 && me_.armed < config_.batches) {
      take_free_slab();
      me_.at = TrainerStep::arm_owners;
    } else if (me_.next_delivery < config_.batches) {
      me_.registered = false;
      me_.slab = static_cast<Byte>(slab_of(me_.next_delivery));
      look_again();
    } else {
      me_.at = TrainerStep::stop;
    }
  }

  void take_free_slab() noexcept {
    me_.slab = me_.free_slabs[0];
    std::rotate(me_.free_slabs.begin(), me_.free_slabs.begin() + 1, me_.free_slabs.end());
    me_.free_slabs.back() = 0;
    --me_.free_count;
    me_.holds[me_.slab] = 0;
    me_.row = 0;
  }

  void arm_owners() noexcept {
    if (is(Mutant::bitmap_before_owners)) return write_done(TrainerStep::arm_bitmap);
    write_owner(TrainerStep::arm_bitmap);
  }

  void arm_bitmap() noexcept {
    if (is(Mutant::bitmap_before_owners)) return write_owner(TrainerStep::arm_order);
    write_done(TrainerStep::arm_order);
  }

  void write_owner(TrainerStep next) noexcept {
    const bool by_head = is(Mutant::rows_decided_by_head);
    const int rows = config_.rows_of(me_.armed);
    if (by_head && me_.row == 0 && state_.head_rows[me_.slab] != rows) {
      state_.head_rows[me_.slab] = static_cast<Byte>(rows);  // a step of its own
      return;
    }
    const bool is_void = me_.row >= rows && !by_head;
    owner() = is_void ? Owner{Hold::claimed, coordinator_id, me_.armed, 0} : Owner{Hold::free, 0, me_.armed, 0};
    next_row_or(next);
  }

  void write_done(TrainerStep next) noexcept {
    done() = me_.row >= config_.rows_of(me_.armed);
    next_row_or(next);
  }

  void arm_order() noexcept {
    state_.remaining[me_.slab] = static_cast<Byte>(config_.rows_of(me_.armed));
    state_.order[me_.armed % config_.slabs] = me_.slab;
    me_.slab_of[me_.armed % config_.slabs] = me_.slab;
    me_.at = TrainerStep::arm_issued;
  }

  void arm_issued() noexcept {
    state_.issued = ++me_.armed;
    me_.at = TrainerStep::look_at_work_bell;
  }

  void look_at_work_bell() noexcept { me_.at = state_.work_bit ? TrainerStep::bump_work_bell : TrainerStep::choose; }

  void bump_work_bell() noexcept {
    if (!config_.wake_chain) state_.work_bit = false;
    move_work_bell(state_);
    me_.at = TrainerStep::wake_workers;
  }

  void wake_workers() {
    me_.at = TrainerStep::choose;
    if (config_.wake_chain && wake_any_worker(config_, state_, out_)) return;
    wake_all_workers(state_);
    out_.add(state_);
  }

  // ---- next(): wait for a batch, take it, give it back

  void look_whether_complete() {
    if (config_.cancel && !me_.cancelled && !me_.registered && me_.row == 0) out_.add(cancelling());
    const bool by_counter = is(Mutant::remaining_counter);
    const bool complete_so_far = by_counter ? state_.remaining[me_.slab] == 0 : done() != 0;
    if (!complete_so_far) {
      me_.row = 0;
      me_.at = me_.registered ? TrainerStep::fall_asleep : TrainerStep::register_as_sleeper;
    } else if (by_counter) {
      me_.at = TrainerStep::take;
    } else {
      next_row_or(TrainerStep::take);
    }
  }

  void register_as_sleeper() noexcept {
    state_.ready_bit = true;
    me_.registered = true;
    me_.bell_moved = false;
    look_again();
  }

  void fall_asleep() noexcept {
    if (!me_.bell_moved) {
      me_.at = TrainerStep::asleep;
      return;
    }
    me_.registered = false;
    look_again();
  }

  void take() noexcept {
    check_rows(me_.slab, me_.next_delivery, "a delivered row is unfinished or another sample's");
    check_nobody_writes();
    me_.registered = me_.bell_moved = false;
    me_.holds[me_.slab] = ++me_.next_delivery;
    const bool one_more_in_hand = config_.out_of_order && me_.next_delivery < config_.batches &&
                                  me_.next_delivery % 2 == 1 && me_.armed > me_.next_delivery;
    if (!one_more_in_hand) {
      me_.at = TrainerStep::release;
      return;
    }
    me_.slab = static_cast<Byte>(slab_of(me_.next_delivery));
    look_again();
  }

  /// Everything in hand, newest first.
  void release() noexcept {
    for (int batch = config_.batches - 1; batch >= 0; --batch) {
      for (int slab = 0; slab < config_.slabs; ++slab) {
        if (me_.holds[slab] != batch + 1) continue;
        check_rows(slab, batch, "a row changed in a slab that the trainer holds");
        state_.pixels[slab] = {};
        me_.holds[slab] = Trainer::released;
        me_.free_slabs[me_.free_count++] = static_cast<Byte>(slab);
      }
    }
    me_.at = TrainerStep::choose;
  }

  /// Rule: what is delivered is finished, and the right sample.
  void check_rows(int slab, int batch, const char* rule) noexcept {
    if (me_.cancelled) return;
    for (int row = 0; row < config_.rows_of(batch); ++row) {
      const Pixels& pixels = state_.pixels[slab][row];
      const bool finished = pixels.kind == Pixels::Kind::right || pixels.kind == Pixels::Kind::quarantined;
      if (!finished || pixels.whose != batch * config_.rows + row) out_.violate(rule);
    }
  }

  /// Rule: a batch that was given up is complete only when no live worker is at a row of it.
  void check_nobody_writes() noexcept {
    if (!me_.cancelled) return;
    for (int i = 0; i < config_.workers; ++i) {
      const Worker& worker = state_.worker[i];
      const bool writes = worker.at == WorkerStep::begin_row || worker.at == WorkerStep::end_row;
      if (writes && worker.slab == me_.slab && worker.ticket / config_.rows == me_.next_delivery) {
        out_.violate("a cancelled batch is complete while a live worker owns a row of it");
      }
    }
  }

  // ---- cancel(): the trainer claims every unclaimed row of every armed batch, and goes on as ever

  State cancelling() const noexcept {
    State state = state_;
    state.trainer.cancelled = true;
    state.trainer.cancel_batch = me_.next_delivery;
    state.trainer.slab = static_cast<Byte>(slab_of(me_.next_delivery));
    state.trainer.at = TrainerStep::cancel_look;
    return state;
  }

  void cancel_look() noexcept {
    me_.seen = owner();
    const bool unclaimed = me_.row < config_.rows_of(me_.cancel_batch) && me_.seen.hold == Hold::free &&
                           me_.seen.batch == me_.cancel_batch;
    me_.at = unclaimed ? TrainerStep::cancel_claim : TrainerStep::cancel_next_row;
  }

  void cancel_claim() noexcept {
    if (owner() == me_.seen) {
      owner() = {Hold::claimed, trainer_id, me_.seen.batch, me_.seen.attempts};
      me_.at = TrainerStep::cancel_set_done;
    } else {
      me_.at = TrainerStep::cancel_look;
    }
  }

  void cancel_set_done() noexcept {
    done() = 1;
    me_.at = TrainerStep::cancel_next_row;
  }

  void cancel_next_row() noexcept {
    me_.at = TrainerStep::cancel_look;
    if (++me_.row < config_.rows) return;
    me_.row = 0;
    if (++me_.cancel_batch < me_.armed) {
      me_.slab = static_cast<Byte>(slab_of(me_.cancel_batch));
    } else {
      me_.cancel_batch = 0;
      me_.at = TrainerStep::choose;
    }
  }

  // ---- the end

  void stop() noexcept {
    state_.stop = true;
    me_.at = TrainerStep::stop_force_bell;
  }

  void stop_force_bell() noexcept {
    state_.work_bit = false;
    move_work_bell(state_);
    me_.at = TrainerStep::stop_wake_workers;
  }

  void stop_wake_workers() noexcept {
    wake_all_workers(state_);
    me_.at = TrainerStep::ended;
  }

  const Configuration& config_;
  State state_;
  Trainer& me_;
  Successors& out_;
};

}  // namespace

void trainer_step(const Configuration& configuration, const State& state, Successors& out) {
  TrainerActor(configuration, state, out).step();
}

}  // namespace slabring::model
