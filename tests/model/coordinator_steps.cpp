#include <algorithm>

#include "steps.hpp"

namespace slabring::model {
namespace {

/// The coordinator, about to take its next step in a copy of the state.
class CoordinatorActor {
 public:
  CoordinatorActor(const Configuration& configuration, const State& before, Successors& out)
      : config_(configuration), state_(before), me_(state_.coordinator), out_(out) {}

  void step() {
    switch (me_.at) {
      case CoordinatorStep::idle: return choose();
      case CoordinatorStep::read_owner: read_owner(); break;
      case CoordinatorStep::read_done: read_done(); break;
      case CoordinatorStep::take_back: take_back(); break;
      case CoordinatorStep::write_quarantined: write_quarantined(); break;
      case CoordinatorStep::publish_quarantined: publish_quarantined(); break;
      case CoordinatorStep::write_condemned: write_condemned(); break;
      case CoordinatorStep::free_condemned: free_condemned(); break;
      case CoordinatorStep::lower_hint: lower_hint(); break;
      case CoordinatorStep::force_ready_bell: force_ready_bell(); break;
      case CoordinatorStep::wake_trainer: wake_the_trainer(); break;
      case CoordinatorStep::force_work_bell: force_work_bell(); break;
      case CoordinatorStep::wake_workers: wake_workers(); break;
      case CoordinatorStep::restart_worker: restart_worker(); break;
    }
    out_.add(state_);
  }

 private:
  Owner& owner() noexcept { return state_.owner[me_.slab][me_.row]; }
  Byte& done() noexcept { return state_.done[me_.slab][me_.row]; }
  Byte ticket_of(const Owner& seen) const noexcept { return static_cast<Byte>(seen.batch * config_.rows + me_.row); }
  bool is(Mutant mutant) const noexcept { return config_.mutant == mutant; }
  bool restartable() const noexcept { return config_.recovery == RecoveryRule::restartable; }

  /// Any worker that is dead; with mutant fenced_by_time, also one that takes long.
  void choose() {
    for (int i = 0; i < config_.workers; ++i) {
      const WorkerStep at = state_.worker[i].at;
      const bool takes_long = at == WorkerStep::begin_row || at == WorkerStep::end_row;
      if (is(Mutant::fenced_by_time) && takes_long && state_.kills < config_.kills) begin(i, /*fenced=*/true);
      if (at == WorkerStep::dead) begin(i, /*fenced=*/false);
    }
  }

  void begin(int worker, bool fenced) {
    State next = state_;
    if (fenced) ++next.kills;
    next.coordinator = Coordinator{};
    next.coordinator.at = CoordinatorStep::read_owner;
    next.coordinator.worker = static_cast<Byte>(worker);
    next.coordinator.lowest = Coordinator::no_ticket;
    next.coordinator.fenced = fenced;
    out_.add(next);
  }

  void next_row() noexcept {
    me_.seen = {};
    me_.at = CoordinatorStep::read_owner;
    if (++me_.row < config_.rows) return;
    me_.row = 0;
    if (++me_.slab < config_.slabs) return;
    me_.slab = 0;
    me_.at = CoordinatorStep::lower_hint;
  }

  void note_free(const Owner& seen) noexcept { me_.lowest = std::min(me_.lowest, ticket_of(seen)); }

  bool is_orphan(const Owner& seen) const noexcept {
    if (seen.is_claimed_by(me_.worker)) return true;
    const int first_taken_at = config_.condemn_at > 0 ? config_.condemn_at : config_.quarantine_at;
    const bool given_up = seen.is_claimed_by(coordinator_id) && seen.attempts >= first_taken_at;
    return given_up && restartable() && !is(Mutant::quarantine_left_to_the_dead);
  }

  void read_owner() noexcept {
    me_.seen = owner();
    const bool whoever_freed_it = restartable() && !is(Mutant::hint_lowered_for_own_rows_only);
    if (me_.seen.hold == Hold::free && whoever_freed_it) note_free(me_.seen);
    if (!is_orphan(me_.seen)) return next_row();
    me_.at = CoordinatorStep::read_done;
  }

  void read_done() noexcept {
    if (done()) return next_row();
    me_.at = CoordinatorStep::take_back;
  }

  void take_back() noexcept {
    if (owner() != me_.seen && !is(Mutant::taken_back_without_compare)) return next_row();
    const bool of_the_dead = !me_.seen.is_claimed_by(coordinator_id);
    const auto attempts = static_cast<Byte>(me_.seen.attempts + (of_the_dead ? 1 : 0));
    const bool quarantines = attempts >= config_.quarantine_at;
    if (quarantines || attempts == config_.condemn_at || !of_the_dead) {
      owner() = {Hold::claimed, coordinator_id, me_.seen.batch, attempts};
      me_.at = quarantines ? CoordinatorStep::write_quarantined : CoordinatorStep::write_condemned;
      return;
    }
    owner() = {Hold::free, 0, me_.seen.batch, attempts};
    note_free(me_.seen);
    next_row();
  }

  void write_quarantined() noexcept {
    check_write(config_, state_, me_.slab, me_.row, coordinator_id, out_);
    state_.pixels[me_.slab][me_.row] = {Pixels::Kind::quarantined, ticket_of(me_.seen)};
    me_.at = CoordinatorStep::publish_quarantined;
  }

  void publish_quarantined() noexcept {
    if (!owner().is_claimed_by(coordinator_id))
      out_.violate("a quarantined row's slab was recycled before it was done");
    done() = 1;
    --state_.remaining[me_.slab];
    next_row();
  }

  /// The reason, for whoever puts another sample into the row.
  void write_condemned() noexcept {
    check_write(config_, state_, me_.slab, me_.row, coordinator_id, out_);
    state_.pixels[me_.slab][me_.row] = {Pixels::Kind::empty, 0};
    me_.at = CoordinatorStep::free_condemned;
  }

  void free_condemned() noexcept {
    if (!owner().is_claimed_by(coordinator_id)) out_.violate("a condemned row was taken from the coordinator");
    owner() = {Hold::free, 0, owner().batch, owner().attempts};
    note_free(owner());
    next_row();
  }

  void lower_hint() noexcept {
    const bool lowers =
        me_.lowest != Coordinator::no_ticket && !is(Mutant::hint_not_lowered) && !is(Mutant::ticket_by_fetch_add);
    if (lowers) {
      if (!is(Mutant::hint_without_tag)) ++state_.hint_tag;
      state_.hint_ticket = std::min(state_.hint_ticket, me_.lowest);
    }
    me_.at = CoordinatorStep::force_ready_bell;
    if (is(Mutant::no_ring_on_death)) me_.at = CoordinatorStep::restart_worker;
    if (is(Mutant::ring_on_death_if_bit_set) && !state_.ready_bit) me_.at = work_bell_if_bit_set();
  }

  CoordinatorStep work_bell_if_bit_set() const noexcept {
    return state_.work_bit ? CoordinatorStep::force_work_bell : CoordinatorStep::restart_worker;
  }

  void force_ready_bell() noexcept {
    state_.ready_bit = false;
    state_.trainer.bell_moved = true;
    me_.at = CoordinatorStep::wake_trainer;
  }

  void wake_the_trainer() noexcept {
    wake_trainer(state_);
    me_.at = is(Mutant::ring_on_death_if_bit_set) ? work_bell_if_bit_set() : CoordinatorStep::force_work_bell;
  }

  void force_work_bell() noexcept {
    state_.work_bit = false;
    move_work_bell(state_);
    me_.at = CoordinatorStep::wake_workers;
  }

  void wake_workers() noexcept {
    wake_all_workers(state_);
    me_.at = CoordinatorStep::restart_worker;
  }

  void restart_worker() noexcept {
    if (!me_.fenced) state_.worker[me_.worker] = Worker{};
    me_.at = CoordinatorStep::idle;
  }

  const Configuration& config_;
  State state_;
  Coordinator& me_;
  Successors& out_;
};

void kill_workers(const Configuration& configuration, const State& state, Successors& out) {
  if (state.kills == configuration.kills || configuration.mutant == Mutant::fenced_by_time) return;
  for (int i = 0; i < configuration.workers; ++i) {
    const WorkerStep at = state.worker[i].at;
    if (at == WorkerStep::dead || at == WorkerStep::ended) continue;
    State killed = state;
    ++killed.kills;
    killed.worker[i] = Worker{};
    killed.worker[i].at = WorkerStep::dead;
    out.add(killed);
  }
}

}  // namespace

void coordinator_step(const Configuration& configuration, const State& state, Successors& out) {
  CoordinatorActor(configuration, state, out).step();
}

void kill_steps(const Configuration& configuration, const State& state, Successors& out) {
  kill_workers(configuration, state, out);
  const bool recovering = state.coordinator.at != CoordinatorStep::idle;
  if (recovering && state.coordinator_kills < configuration.coordinator_kills) {
    State killed = state;
    ++killed.coordinator_kills;
    killed.coordinator = Coordinator{};  // its successor finds the worker dead, and recovers it again
    out.add(killed);
  }
}

}  // namespace slabring::model
