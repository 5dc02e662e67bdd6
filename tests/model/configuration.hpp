#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace slabring::model {

// The most that a State has room for.
inline constexpr int max_workers = 3;
inline constexpr int max_slabs = 2;
inline constexpr int max_rows = 2;

/// The protocol with one detail removed, or replaced by the obvious thing. Each must be found wrong.
enum class Mutant : std::uint8_t {
  none = 0,
  hint_not_lowered = 1,                 ///< recovery frees a row and leaves the hint above it
  hint_without_tag = 2,                 ///< recovery lowers the hint, but an older scanner can still advance it
  no_ring_on_death = 3,                 ///< recovery rings no bell
  fenced_by_time = 4,                   ///< a slow worker is declared dead and lives on
  bitmap_before_owners = 5,             ///< arm() clears the bitmap first
  remaining_counter = 6,                ///< completeness is a counter, not the bitmap
  ticket_by_fetch_add = 7,              ///< the claim takes a ticket first and records its owner afterwards
  no_second_look = 8,                   ///< a worker sleeps without scanning again after it has registered
  ring_on_death_if_bit_set = 9,         ///< recovery trusts the sleeper bits
  rows_decided_by_head = 10,            ///< void rows are FREE and workers go by the slab's row count
  hint_lowered_for_own_rows_only = 11,  ///< a second coordinator leaves the hint above a row that the first one freed
  quarantine_left_to_the_dead = 12,     ///< a second coordinator leaves a row that the first one was quarantining
  taken_back_without_compare = 13,      ///< recovery stores the owner word instead of comparing first
};
inline constexpr int mutant_count = 13;
std::string_view to_string(Mutant mutant) noexcept;

/// Which of two rules recovery follows. The first is the one the design was checked with; the second is what lib/ring
/// does: it repairs also what a coordinator that died in recovery left behind.
enum class RecoveryRule : std::uint8_t { one_coordinator, restartable };

/// The bounds of one search.
struct Configuration {
  int workers = 2;
  int slabs = 1;
  int rows = 2;     ///< of a slab
  int batches = 2;  ///< the run's length
  int kills = 1;    ///< of workers, at any step
  int coordinator_kills = 0;
  int quarantine_at = 2;      ///< deaths over a row
  int condemn_at = 0;         ///< deaths at which its sample is condemned and another is to stand in; 0: none
  int partial_batch = 0;      ///< this batch has one row less; -1: none has
  bool cancel = false;        ///< the trainer may give up early, at any look
  bool out_of_order = false;  ///< the trainer holds two batches and releases them newest first
  bool wake_chain = false;    ///< bells wake one worker, and each wakes the next
  RecoveryRule recovery = RecoveryRule::restartable;
  Mutant mutant = Mutant::none;

  int rows_of(int batch) const noexcept { return batch == partial_batch && rows > 1 ? rows - 1 : rows; }
};

std::string describe(const Configuration& configuration);

/// Sets what `assignment` ("kills=2") says; false: there is no such setting, or the value is out of range.
bool assign(Configuration& configuration, std::string_view assignment);

/// A search whose number of states is known.
struct Expectation {
  std::string_view what;
  Configuration configuration;
  std::size_t states;
  bool reach_end = false;  ///< also check that the run's end can be reached from every state
};

/// Seconds; part of every test run.
std::span<const Expectation> small_searches() noexcept;
/// Minutes.
std::span<const Expectation> full_searches() noexcept;
/// The smallest bounds at which a mutant shows.
Configuration bounds_for(Mutant mutant) noexcept;

}  // namespace slabring::model
