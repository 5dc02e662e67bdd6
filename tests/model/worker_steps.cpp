#include "steps.hpp"

namespace slabring::model {
namespace {

/// One worker, about to take its next step in a copy of the state.
class WorkerActor {
 public:
  WorkerActor(const Configuration& configuration, const State& before, int number, Successors& out)
      : config_(configuration), state_(before), me_(state_.worker[number]), number_(number), out_(out) {}

  void step() {
    switch (me_.at) {
      case WorkerStep::asleep:
      case WorkerStep::ended:
      case WorkerStep::dead: return;
      case WorkerStep::wake_next_worker: return wake_next_worker();
      case WorkerStep::look_for_stop: look_for_stop(); break;
      case WorkerStep::read_hint: read_hint(); break;
      case WorkerStep::read_issued: read_issued(); break;
      case WorkerStep::read_order: read_order(); break;
      case WorkerStep::read_owner: read_owner(); break;
      case WorkerStep::claim: claim(); break;
      case WorkerStep::advance_hint: advance_hint(); break;
      case WorkerStep::look_for_more_work: look_for_more_work(); break;
      case WorkerStep::look_for_sleepers: look_for_sleepers(); break;
      case WorkerStep::bump_work_bell: bump_work_bell(); break;
      case WorkerStep::begin_row: begin_row(); break;
      case WorkerStep::end_row: end_row(); break;
      case WorkerStep::set_done: set_done(); break;
      case WorkerStep::look_whether_complete: look_whether_complete(); break;
      case WorkerStep::look_at_ready_bell: look_at_ready_bell(); break;
      case WorkerStep::clear_ready_bit: clear_ready_bit(); break;
      case WorkerStep::wake_trainer: wake_the_trainer(); break;
      case WorkerStep::register_as_sleeper: register_as_sleeper(); break;
      case WorkerStep::fall_asleep: fall_asleep(); break;
      case WorkerStep::count_down: count_down(); break;
      case WorkerStep::record_claim: record_claim(); break;
    }
    out_.add(state_);
  }

 private:
  int batch() const noexcept { return me_.ticket / config_.rows; }
  int row() const noexcept { return me_.ticket % config_.rows; }
  int issued_tickets() const noexcept { return state_.issued * config_.rows; }
  Owner& owner() noexcept { return state_.owner[me_.slab][row()]; }
  Pixels& pixels() noexcept { return state_.pixels[me_.slab][row()]; }
  Byte my_number() const noexcept { return static_cast<Byte>(number_); }
  bool is(Mutant mutant) const noexcept { return config_.mutant == mutant; }

  // ---- try_claim()

  void look_for_stop() noexcept {
    if (state_.stop) me_ = Worker{};
    me_.at = state_.stop ? WorkerStep::ended : WorkerStep::read_hint;
  }

  void read_hint() noexcept {
    if (is(Mutant::ticket_by_fetch_add)) return take_ticket();
    me_.hint_tag = state_.hint_tag;
    me_.hint_ticket = me_.ticket = state_.hint_ticket;
    me_.at = WorkerStep::read_issued;
  }

  void read_issued() noexcept {
    if (me_.ticket >= issued_tickets()) return nothing_to_claim();
    me_.at = WorkerStep::read_order;
  }

  void nothing_to_claim() noexcept {
    me_.at = me_.registered ? WorkerStep::fall_asleep : WorkerStep::register_as_sleeper;
  }

  void read_order() noexcept {
    me_.slab = state_.order[batch() % config_.slabs];
    me_.at = WorkerStep::read_owner;
  }

  void read_owner() noexcept {
    me_.seen = owner();
    bool claimable = me_.seen.hold == Hold::free && me_.seen.batch == batch();
    if (is(Mutant::rows_decided_by_head)) claimable = claimable && row() < state_.head_rows[me_.slab];
    if (!claimable) ++me_.ticket;
    me_.at = claimable ? WorkerStep::claim : WorkerStep::read_issued;
  }

  void claim() noexcept {
    if (owner() == me_.seen) {
      owner() = {Hold::claimed, my_number(), me_.seen.batch, me_.seen.attempts};
      me_.registered = false;
      me_.at = WorkerStep::advance_hint;
    } else {
      me_.at = WorkerStep::read_owner;
    }
  }

  void advance_hint() noexcept {
    if (state_.hint_tag == me_.hint_tag && state_.hint_ticket == me_.hint_ticket) {
      state_.hint_ticket = static_cast<Byte>(me_.ticket + 1);
    }
    me_.at = config_.wake_chain ? WorkerStep::look_for_more_work : WorkerStep::begin_row;
  }

  void take_ticket() noexcept {
    if (state_.hint_ticket >= issued_tickets()) return nothing_to_claim();
    me_.ticket = state_.hint_ticket++;
    me_.at = WorkerStep::record_claim;
  }

  void record_claim() noexcept {
    if (row() >= config_.rows_of(batch())) return start_over();
    me_.slab = state_.order[batch() % config_.slabs];
    owner() = {Hold::claimed, my_number(), static_cast<Byte>(batch()), 0};
    me_.at = WorkerStep::begin_row;
  }

  // ---- the wake chain

  void look_for_more_work() noexcept {
    const bool more = me_.ticket + 1 < issued_tickets();
    me_.at = more ? WorkerStep::look_for_sleepers : WorkerStep::begin_row;
  }

  void look_for_sleepers() noexcept { me_.at = state_.work_bit ? WorkerStep::bump_work_bell : WorkerStep::begin_row; }

  void bump_work_bell() noexcept {
    move_work_bell(state_);
    me_.at = WorkerStep::wake_next_worker;
  }

  void wake_next_worker() {
    me_.at = WorkerStep::begin_row;
    if (!wake_any_worker(config_, state_, out_)) out_.add(state_);
  }

  // ---- the row, and publish()

  void begin_row() noexcept {
    check_write(config_, state_, me_.slab, row(), number_, out_);
    pixels() = {Pixels::Kind::half_written, my_number()};
    me_.at = WorkerStep::end_row;
  }

  void end_row() noexcept {
    check_write(config_, state_, me_.slab, row(), number_, out_);
    pixels() = {Pixels::Kind::right, me_.ticket};
    me_.at = WorkerStep::set_done;
  }

  void set_done() noexcept {
    state_.done[me_.slab][row()] = 1;
    me_.row_looked_at = 0;
    me_.at = is(Mutant::remaining_counter) ? WorkerStep::count_down : WorkerStep::look_whether_complete;
  }

  void count_down() noexcept {
    --state_.remaining[me_.slab];
    me_.at = WorkerStep::look_at_ready_bell;
  }

  void look_whether_complete() noexcept {
    if (!state_.done[me_.slab][me_.row_looked_at]) {
      me_.at = WorkerStep::look_for_stop;
    } else if (++me_.row_looked_at == config_.rows) {
      me_.at = WorkerStep::look_at_ready_bell;
    }
  }

  void look_at_ready_bell() noexcept {
    me_.at = state_.ready_bit ? WorkerStep::clear_ready_bit : WorkerStep::look_for_stop;
  }

  void clear_ready_bit() noexcept {
    state_.ready_bit = false;
    state_.trainer.bell_moved = true;
    me_.at = WorkerStep::wake_trainer;
  }

  void wake_the_trainer() noexcept {
    wake_trainer(state_);
    me_.at = WorkerStep::look_for_stop;
  }

  // ---- sleeping: registered means that the scan now under way is the second look

  void register_as_sleeper() noexcept {
    if (!state_.work_bit) move_work_bell(state_);  // the word changes for those who hold a key
    state_.work_bit = true;
    me_.registered = true;
    me_.bell_moved = false;
    me_.at = is(Mutant::no_second_look) ? WorkerStep::fall_asleep : WorkerStep::look_for_stop;
  }

  void fall_asleep() noexcept {
    if (me_.bell_moved) return start_over();
    me_.at = WorkerStep::asleep;
  }

  void start_over() noexcept { wake_worker(me_); }

  const Configuration& config_;
  State state_;
  Worker& me_;
  int number_;
  Successors& out_;
};

}  // namespace

void worker_step(const Configuration& configuration, const State& state, int worker, Successors& out) {
  WorkerActor(configuration, state, worker, out).step();
}

}  // namespace slabring::model
