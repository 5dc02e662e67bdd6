#include "state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <numeric>
#include <string_view>

namespace slabring::model {
namespace {

template <class Step, class... Steps>
bool is_one_of(Step step, Steps... steps) noexcept {
  return ((step == steps) || ...);
}

void forget_in_worker(Worker& worker) noexcept {
  using enum WorkerStep;
  const WorkerStep at = worker.at;
  const bool scanning = is_one_of(at, read_issued, read_order, read_owner, claim, advance_hint);
  const bool waking = is_one_of(at, look_for_more_work, look_for_sleepers, bump_work_bell, wake_next_worker);
  const bool writing = is_one_of(at, begin_row, end_row, set_done, look_whether_complete, count_down);
  const bool ringing = is_one_of(at, look_at_ready_bell, clear_ready_bit, wake_trainer);
  const bool knows_slab = is_one_of(at, read_owner, claim, advance_hint, record_claim) || waking || writing;
  if (!scanning) worker.hint_tag = worker.hint_ticket = 0;
  if (!scanning && !waking && !writing && at != record_claim) worker.ticket = 0;
  if (!knows_slab) worker.slab = 0;
  if (at != look_whether_complete) worker.row_looked_at = 0;
  if (at != claim) worker.seen = {};
  if (at == advance_hint || waking || writing || ringing) worker.registered = false;
  if (at == asleep) worker.registered = true;
  if (!worker.registered || at == asleep) worker.bell_moved = false;
}

void forget_in_trainer(Trainer& trainer) noexcept {
  using enum TrainerStep;
  const TrainerStep at = trainer.at;
  if (!trainer.registered || at == asleep) trainer.bell_moved = false;
  if (at == asleep) trainer.row = 0;
  if (at != cancel_claim) trainer.seen = {};
  if (is_one_of(at, choose, stop, stop_force_bell, stop_wake_workers, ended, look_at_work_bell, bump_work_bell,
                wake_workers)) {
    trainer.slab = trainer.row = 0;
  }
}

void forget_in_coordinator(Coordinator& coordinator) noexcept {
  using enum CoordinatorStep;
  if (coordinator.at == idle) {
    coordinator = Coordinator{};
  } else if (is_one_of(coordinator.at, force_ready_bell, wake_trainer, force_work_bell, wake_workers, restart_worker)) {
    coordinator.slab = coordinator.row = coordinator.lowest = 0;
  }
}

using Renaming = std::array<Byte, max_workers>;

void rename(Owner& owner, const Renaming& name) noexcept {
  if (owner.hold == Hold::claimed && owner.worker < max_workers) owner.worker = name[owner.worker];
}

State with_workers_renamed(const Configuration& configuration, const State& state, const Renaming& name) noexcept {
  State renamed = state;
  for (int i = 0; i < configuration.workers; ++i) renamed.worker[name[i]] = state.worker[i];
  for (int slab = 0; slab < configuration.slabs; ++slab) {
    for (int row = 0; row < configuration.rows; ++row) {
      rename(renamed.owner[slab][row], name);
      Pixels& pixels = renamed.pixels[slab][row];
      if (pixels.kind == Pixels::Kind::half_written) pixels.whose = name[pixels.whose];
    }
  }
  if (state.coordinator.at != CoordinatorStep::idle) renamed.coordinator.worker = name[state.coordinator.worker];
  rename(renamed.coordinator.seen, name);
  return renamed;
}

bool bytes_less(const State& a, const State& b) noexcept { return std::memcmp(&a, &b, sizeof(State)) < 0; }

State smallest_renaming(const Configuration& configuration, const State& state) noexcept {
  State smallest = state;
  Renaming name{};
  std::iota(name.begin(), name.end(), Byte{0});
  const auto end = name.begin() + configuration.workers;
  while (std::next_permutation(name.begin(), end)) {
    const State renamed = with_workers_renamed(configuration, state, name);
    if (bytes_less(renamed, smallest)) smallest = renamed;
  }
  return smallest;
}

constexpr std::string_view worker_steps[] = {"look_for_stop",
                                             "read_hint",
                                             "read_issued",
                                             "read_order",
                                             "read_owner",
                                             "claim",
                                             "advance_hint",
                                             "look_for_more_work",
                                             "look_for_sleepers",
                                             "bump_work_bell",
                                             "wake_next_worker",
                                             "begin_row",
                                             "end_row",
                                             "set_done",
                                             "look_whether_complete",
                                             "look_at_ready_bell",
                                             "clear_ready_bit",
                                             "wake_trainer",
                                             "register_as_sleeper",
                                             "fall_asleep",
                                             "asleep",
                                             "ended",
                                             "dead",
                                             "count_down",
                                             "record_claim"};
constexpr std::string_view trainer_steps[] = {"arm_owners",
                                              "arm_bitmap",
                                              "arm_order",
                                              "arm_issued",
                                              "look_at_work_bell",
                                              "bump_work_bell",
                                              "wake_workers",
                                              "choose",
                                              "look_whether_complete",
                                              "register_as_sleeper",
                                              "fall_asleep",
                                              "asleep",
                                              "take",
                                              "release",
                                              "cancel_look",
                                              "cancel_claim",
                                              "cancel_set_done",
                                              "cancel_next_row",
                                              "stop",
                                              "stop_force_bell",
                                              "stop_wake_workers",
                                              "ended"};
constexpr std::string_view coordinator_steps[] = {"idle",
                                                  "read_owner",
                                                  "read_done",
                                                  "take_back",
                                                  "write_quarantined",
                                                  "publish_quarantined",
                                                  "write_condemned",
                                                  "free_condemned",
                                                  "lower_hint",
                                                  "force_ready_bell",
                                                  "wake_trainer",
                                                  "force_work_bell",
                                                  "wake_workers",
                                                  "restart_worker"};

template <std::size_t n, class Step>
std::string_view name_of(const std::string_view (&names)[n], Step step) noexcept {
  return names[static_cast<std::size_t>(step)];
}

std::string describe(const Owner& owner) {
  switch (owner.hold) {
    case Hold::none: return "-";
    case Hold::free: return fmt::format("free@{}", owner.batch);
    case Hold::claimed: break;
  }
  const std::string who = owner.worker == trainer_id       ? "T"
                          : owner.worker == coordinator_id ? "C"
                                                           : fmt::format("W{}", owner.worker);
  return fmt::format("{}@{}", who, owner.batch);
}

std::string describe(const Pixels& pixels) {
  switch (pixels.kind) {
    case Pixels::Kind::empty: return "-";
    case Pixels::Kind::half_written: return fmt::format("half:W{}", pixels.whose);
    case Pixels::Kind::right: return fmt::format("t{}", pixels.whose);
    case Pixels::Kind::quarantined: return fmt::format("zero:t{}", pixels.whose);
  }
  return "?";
}

}  // namespace

State initial_state(const Configuration& configuration) noexcept {
  State state;
  for (int slab = 0; slab < configuration.slabs; ++slab) {
    state.trainer.free_slabs[slab] = static_cast<Byte>(slab);
    state.done[slab].fill(1);
  }
  state.trainer.free_count = static_cast<Byte>(configuration.slabs);
  return canonical(configuration, state);
}

bool is_final(const Configuration& configuration, const State& state) noexcept {
  const auto end = state.worker.begin() + configuration.workers;
  return state.trainer.at == TrainerStep::ended && state.coordinator.at == CoordinatorStep::idle &&
         std::all_of(state.worker.begin(), end, [](const Worker& w) { return w.at == WorkerStep::ended; });
}

State canonical(const Configuration& configuration, State state) noexcept {
  for (Worker& worker : state.worker) forget_in_worker(worker);
  forget_in_trainer(state.trainer);
  forget_in_coordinator(state.coordinator);
  if (configuration.mutant != Mutant::remaining_counter) state.remaining = {};
  return smallest_renaming(configuration, state);
}

std::uint64_t fingerprint(const State& state) noexcept {
  constexpr std::size_t words = (sizeof(State) + 7) / 8;
  std::array<std::uint64_t, words> bits{};
  std::memcpy(bits.data(), &state, sizeof(State));
  std::uint64_t hash = 0x9ae16a3b2f90404f;
  for (const std::uint64_t word : bits) {
    hash = (hash ^ word) * 0x9e3779b97f4a7c15;
    hash ^= hash >> 29;
  }
  return hash ^ hash >> 32;
}

std::string describe(const Configuration& configuration, const State& state) {
  std::string line =
      fmt::format("{}issued {} hint {}.{}{}{} |", state.stop ? "stop " : "", state.issued, state.hint_tag,
                  state.hint_ticket, state.work_bit ? " work*" : "", state.ready_bit ? " ready*" : "");
  for (int slab = 0; slab < configuration.slabs; ++slab) {
    line += fmt::format(" slab{}[", slab);
    for (int row = 0; row < configuration.rows; ++row) {
      line += fmt::format("{}{}{}{} {}", row > 0 ? ", " : "", describe(state.owner[slab][row]),
                          state.owner[slab][row].attempts > 0 ? "!" : "", state.done[slab][row] ? " done" : "",
                          describe(state.pixels[slab][row]));
    }
    line += "]";
  }
  line += " |";
  for (int i = 0; i < configuration.workers; ++i) {
    const Worker& worker = state.worker[i];
    line += fmt::format(" W{} {} t{}", i, name_of(worker_steps, worker.at), worker.ticket);
  }
  line += fmt::format(" | T {} b{} | C {}", name_of(trainer_steps, state.trainer.at), state.trainer.next_delivery,
                      name_of(coordinator_steps, state.coordinator.at));
  if (state.coordinator.at != CoordinatorStep::idle) line += fmt::format(" of W{}", state.coordinator.worker);
  return line;
}

}  // namespace slabring::model
