#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace slabring {

/// The places between two atomic steps where a process may be killed. Tests stop there: to die, or to let the other
/// party move first. Compiled in with SLABRING_FAULT_POINTS only; otherwise fault_point() is nothing.
enum class FaultPoint : std::uint32_t {
  none,
  // worker
  claim_scan,        ///< about to look at a row
  claim_cas,         ///< row seen free, about to claim it
  claimed,           ///< row claimed, hint not yet advanced
  hint_advanced,     ///< hint advanced, next worker not yet woken
  active_set,        ///< about to write the row
  row_half_written,  ///< half of the row's bytes written
  row_written,       ///< all written, not yet published
  done_set,          ///< done bit set, completeness not yet looked at
  batch_complete,    ///< bitmap seen full, trainer not yet woken
  published,         ///< all of publish() done, `active` still set
  sleep_registered,  ///< registered with `work`, about to scan again
  sleeping,          ///< about to sleep
  // bells, either side
  bell_bit_cleared,   ///< sleeper bit cleared, FUTEX_WAKE still to come
  bell_epoch_bumped,  ///< epoch bumped, FUTEX_WAKE still to come
  bell_forced,        ///< bell forced (by recovery or stop), FUTEX_WAKE still to come
  // trainer
  arm_owners,  ///< owner words open, bitmap still old
  arm_bitmap,  ///< bitmap reset, order not yet written
  arm_order,   ///< order written, not yet issued
  arm_issued,  ///< issued, nobody woken yet
  cancel_cas,  ///< row claimed by the trainer, done bit still clear
  // coordinator
  recover_seen,     ///< row of the dead seen, done bit not yet looked at
  recover_cas,      ///< about to take it back
  recover_freed,    ///< rows freed, hint not yet lowered
  recover_hint,     ///< hint lowered, bells not yet rung
  quarantine_mine,  ///< row is the coordinator's, not yet written
  count_
};
inline constexpr std::size_t fault_point_count = static_cast<std::size_t>(FaultPoint::count_);

std::string_view to_string(FaultPoint point) noexcept;
/// FaultPoint::none for a name that is none.
FaultPoint fault_point_from(std::string_view name) noexcept;

#ifdef SLABRING_FAULT_POINTS
using FaultHook = void (*)(FaultPoint);
/// Called at every fault point of this process from now on; nullptr: nothing is. Must be async-signal-safe where it
/// kills.
void set_fault_hook(FaultHook hook) noexcept;
/// The hook that raises SIGKILL at the `hit`-th arrival (from 1) at `point`.
void kill_at(FaultPoint point, std::uint64_t hit) noexcept;
void fault_point(FaultPoint point) noexcept;
/// From now on this process crashes, by SIGSEGV, over that sample, as a hostile image would have it.
void crash_over(std::uint64_t sample) noexcept;
void about_to_fill(std::uint64_t sample) noexcept;
inline constexpr bool fault_points_compiled_in = true;
#else
constexpr void fault_point(FaultPoint) noexcept {}
constexpr void about_to_fill(std::uint64_t) noexcept {}
inline constexpr bool fault_points_compiled_in = false;
#endif

}  // namespace slabring
