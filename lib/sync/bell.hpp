#pragma once

#include <atomic>
#include <chrono>
#include <climits>
#include <cstdint>

#include "base/cache_line.hpp"
#include "sync/fault_point.hpp"
#include "sync/futex.hpp"

namespace slabring {

/// An event count between processes: "something may have changed, look again".
///
/// One futex word: epoch in bits 1-31, bit 0 "someone may sleep". The bit is sticky and never a count: a count of
/// waiters leaks when a waiter is killed; a stale bit costs one spurious wake.
///
///   waiter                               ringer
///   key = prepare()   (sets bit 0)       change the state (seq_cst)
///   look at the state AGAIN              load the word; bit 0 set? bump the epoch, FUTEX_WAKE
///   wait(key)
///
/// Either the waiter's second look sees the change, or the ringer sees the bit: each side writes its word before it
/// reads the other's, all seq_cst (Dekker). Without the second look the wake is lost (model mutant 8).
class alignas(cache_line) Bell {
 public:
  /// Registers as a waiter and returns the key to wait with.
  std::uint32_t prepare() noexcept { return word_.fetch_or(sleeper_bit) | sleeper_bit; }

  /// Sleeps while nobody has rung since prepare(). False only on time-out.
  bool wait(std::uint32_t key, std::chrono::milliseconds timeout) noexcept { return futex_wait(word_, key, timeout); }

  /// Wakes all waiters, if there may be any; no system call otherwise.
  void ring_all() noexcept {
    std::uint32_t word = word_.load();
    while (word & sleeper_bit) {
      // registered -> nobody registered, epoch + 1. Failure: another ringer or a new waiter came first; look again.
      if (word_.compare_exchange_weak(word, (word + epoch_step) & ~sleeper_bit)) {
        fault_point(FaultPoint::bell_bit_cleared);
        futex_wake(word_, INT_MAX);
        return;
      }
    }
  }

  /// Wakes one waiter and leaves the bit for the rest, who are woken by the one (wake chain). Waking all costs the
  /// ringer 67 us for 16 sleepers (docs/ring-protocol.md).
  void ring_one() noexcept {
    if (!has_sleepers()) return;
    word_.fetch_add(epoch_step);
    fault_point(FaultPoint::bell_epoch_bumped);
    if (futex_wake(word_, 1) == 0) ring_all();  // nobody slept: clear the stale bit
  }

  /// Wakes all waiters whatever the bit says: the dead may have cleared it without having woken anybody.
  void force() noexcept {
    word_.fetch_add(epoch_step);
    word_.fetch_and(~sleeper_bit);
    word_.fetch_add(epoch_step);
    fault_point(FaultPoint::bell_forced);
    futex_wake(word_, INT_MAX);
  }

  bool has_sleepers() const noexcept { return word_.load() & sleeper_bit; }

 private:
  static constexpr std::uint32_t sleeper_bit = 1;
  static constexpr std::uint32_t epoch_step = 2;
  std::atomic<std::uint32_t> word_{0};
};
static_assert(sizeof(Bell) == cache_line);

}  // namespace slabring
