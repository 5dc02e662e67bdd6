#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <type_traits>

#include "configuration.hpp"

namespace slabring::model {

using Byte = std::uint8_t;

enum class Hold : Byte { none, free, claimed };
inline constexpr Byte trainer_id = 0xfe;
inline constexpr Byte coordinator_id = 0xff;

/// A row's owner word.
struct Owner {
  Hold hold = Hold::none;
  Byte worker = 0;
  Byte batch = 0;
  Byte attempts = 0;
  bool operator==(const Owner&) const = default;
  bool is_claimed_by(Byte who) const noexcept { return hold == Hold::claimed && worker == who; }
};

/// What a row's memory holds.
struct Pixels {
  enum class Kind : Byte { empty, half_written, right, quarantined };
  Kind kind = Kind::empty;
  Byte whose = 0;  ///< half_written: the writing worker; right, quarantined: the ticket
  bool operator==(const Pixels&) const = default;
};

// A step is at most one access to shared memory; what it is called is what it is about to do.

enum class WorkerStep : Byte {
  look_for_stop,
  read_hint,
  read_issued,
  read_order,
  read_owner,
  claim,
  advance_hint,
  look_for_more_work,
  look_for_sleepers,
  bump_work_bell,
  wake_next_worker,
  begin_row,
  end_row,
  set_done,
  look_whether_complete,
  look_at_ready_bell,
  clear_ready_bit,
  wake_trainer,
  register_as_sleeper,
  fall_asleep,
  asleep,
  ended,
  dead,
  count_down,    ///< mutant remaining_counter only
  record_claim,  ///< mutant ticket_by_fetch_add only
};

enum class TrainerStep : Byte {
  arm_owners,
  arm_bitmap,
  arm_order,
  arm_issued,
  look_at_work_bell,
  bump_work_bell,
  wake_workers,
  choose,
  look_whether_complete,
  register_as_sleeper,
  fall_asleep,
  asleep,
  take,
  release,
  cancel_look,
  cancel_claim,
  cancel_set_done,
  cancel_next_row,
  stop,
  stop_force_bell,
  stop_wake_workers,
  ended,
};

enum class CoordinatorStep : Byte {
  idle,
  read_owner,
  read_done,
  take_back,
  write_quarantined,
  publish_quarantined,
  write_condemned,
  free_condemned,
  lower_hint,
  force_ready_bell,
  wake_trainer,
  force_work_bell,
  wake_workers,
  restart_worker,
};

struct Worker {
  WorkerStep at = WorkerStep::look_for_stop;
  Byte hint_tag = 0;     ///< of the hint it read
  Byte hint_ticket = 0;  ///< likewise
  Byte ticket = 0;       ///< scanned, then held
  Byte slab = 0;
  Byte row_looked_at = 0;
  bool registered = false;
  bool bell_moved = false;  ///< `work` has rung since it registered
  Owner seen;
};

struct Trainer {
  TrainerStep at = TrainerStep::choose;
  Byte next_delivery = 0;  ///< batch
  Byte armed = 0;          ///< batches
  Byte slab = 0;
  Byte row = 0;
  bool registered = false;
  bool bell_moved = false;
  bool cancelled = false;
  Byte cancel_batch = 0;
  Byte free_count = 0;
  std::array<Byte, max_slabs> free_slabs{};  ///< used first in, first out
  std::array<Byte, max_slabs> slab_of{};     ///< batch % slabs -> slab; the trainer's own copy of order[]
  std::array<Byte, max_slabs> holds{};       ///< slab -> 0: open, batch + 1: in hand, `released`
  Owner seen;
  static constexpr Byte released = 0x80;
};

struct Coordinator {
  CoordinatorStep at = CoordinatorStep::idle;
  Byte worker = 0;  ///< being recovered
  Byte slab = 0;
  Byte row = 0;
  Byte lowest = 0;  ///< free ticket seen; no_ticket: none
  Byte fenced = 0;  ///< mutant fenced_by_time only: the worker is alive
  Owner seen;
  static constexpr Byte no_ticket = 0xff;
};

/// Memory and actors at one moment. Steps interleave with sequential consistency.
struct State {
  bool stop = false;
  Byte issued = 0;
  Byte hint_tag = 0;
  Byte hint_ticket = 0;
  bool work_bit = false;   ///< sleeper bit of the bell `work`
  bool ready_bit = false;  ///< likewise
  Byte kills = 0;
  Byte coordinator_kills = 0;
  std::array<Byte, max_slabs> order{};
  std::array<Byte, max_slabs> head_rows{};  ///< mutant rows_decided_by_head only
  std::array<Byte, max_slabs> remaining{};  ///< mutant remaining_counter only
  std::array<std::array<Owner, max_rows>, max_slabs> owner{};
  std::array<std::array<Byte, max_rows>, max_slabs> done{};
  std::array<std::array<Pixels, max_rows>, max_slabs> pixels{};
  std::array<Worker, max_workers> worker{};
  Trainer trainer;
  Coordinator coordinator;
};
static_assert(std::has_unique_object_representations_v<State>, "states are compared and hashed as bytes");

State initial_state(const Configuration& configuration) noexcept;

/// The end: the trainer has delivered everything and every worker has ended.
bool is_final(const Configuration& configuration, const State& state) noexcept;

/// Of all states that differ only in what nobody will read again, or in which worker is which, the one that stands for
/// them.
State canonical(const Configuration& configuration, State state) noexcept;

std::uint64_t fingerprint(const State& state) noexcept;

/// One line.
std::string describe(const Configuration& configuration, const State& state);

}  // namespace slabring::model
