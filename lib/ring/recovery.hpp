#pragma once

#include <cstdint>
#include <string_view>

#include "ring/layout.hpp"

namespace slabring::ring {

/// Attempts at which a row is given up. A worker that dies of its own doing weighs `crash_weight` on the row it had in
/// hand, one killed from outside `kill_weight`: two crashes quarantine, a kill storm of fifteen does not.
inline constexpr std::uint32_t quarantine_attempts = 16;
inline constexpr std::uint32_t crash_weight = 8;
inline constexpr std::uint32_t kill_weight = 1;

/// With OnError::substitute a row is given up later: at `quarantine_attempts` its sample is condemned, the next worker
/// begins with the first that may stand in for it; at twice that with the second; here nobody tries any more.
inline constexpr std::uint32_t last_substitute_attempts = 3 * quarantine_attempts;
/// How many samples of a row are condemned, its own the first.
constexpr std::uint32_t condemned(std::uint32_t attempts) noexcept { return attempts / quarantine_attempts; }

struct Recovered {
  std::uint32_t freed = 0;        ///< rows given back to the other workers
  std::uint32_t quarantined = 0;  ///< rows given up: zeroed, status and message set, part of their batch
};

/// What a quarantined row is delivered with.
struct Verdict {
  SampleStatus status = SampleStatus::quarantined;
  std::string_view message;  ///< cut at message_bytes - 1
  std::uint32_t give_up_at = quarantine_attempts;
};

/// Takes back every unfinished row of the worker in `slot`, and wakes everybody, unconditionally.
///
/// Requires: that worker is CONFIRMED dead (reaped, or its pidfd readable), and the slot is not in use again. There is
/// no other fence: time never decides, so a slow worker can never write into a recycled row (model mutant 4). One
/// coordinator at a time; one that died half-way leaves nothing that its successor's recover() of the same slot does
/// not repair. Slot::active stays as it was: whoever gives the slot to a new worker clears it.
Recovered recover(const View& view, std::uint32_t slot, std::uint32_t weight, const Verdict& verdict) noexcept;

/// Zeroes a row's pixels and its part of every extra array, and takes its label. Requires: the caller owns the row.
void blank_row(const View& view, std::uint32_t slab, std::uint32_t row) noexcept;
/// The same, and writes status and message.
void fail_row(const View& view, std::uint32_t slab, std::uint32_t row, const Verdict& verdict) noexcept;

}  // namespace slabring::ring
