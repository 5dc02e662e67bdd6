#include "ring/recovery.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "ring/owner_word.hpp"
#include "sync/fault_point.hpp"

namespace slabring::ring {
namespace {

enum class Outcome { not_mine, freed, quarantined };

Outcome recover_row(const View& view, std::uint32_t slab, std::uint32_t row, std::uint32_t slot, std::uint64_t active,
                    std::uint32_t weight, const Verdict& verdict) noexcept {
  auto& word = view.owner(slab, row);
  std::uint64_t seen = word.load(std::memory_order_acquire);
  const OwnerWord owner{seen};
  if (!owner.is_claimed_by(slot)) return Outcome::not_mine;
  fault_point(FaultPoint::recover_seen);
  // Owner before bitmap before CAS: see arm(). A set bit means it was published before its worker died.
  const std::uint64_t bits = view.done(slab, row / bits_per_word).load(std::memory_order_acquire);
  if (bits >> (row % bits_per_word) & 1) return Outcome::not_mine;

  const std::uint64_t ticket = owner.batch() * view.shape().batch_size + row;
  const std::uint32_t blamed = active == ticket + 1 ? weight : 0;
  const std::uint32_t attempts = std::min(owner.attempts() + blamed, OwnerWord::max_attempts);
  fault_point(FaultPoint::recover_cas);
  if (attempts < quarantine_attempts) {
    // CLAIMED(w) -> FREE. Failure: the slab was recycled between the two loads; the row was done.
    return word.compare_exchange_strong(seen, OwnerWord::free(owner.batch(), attempts).bits()) ? Outcome::freed
                                                                                               : Outcome::not_mine;
  }
  // CLAIMED(w) -> CLAIMED(coordinator). Failure: as above.
  const OwnerWord mine = OwnerWord::claimed(owner.batch(), attempts, OwnerWord::coordinator);
  if (!word.compare_exchange_strong(seen, mine.bits())) return Outcome::not_mine;
  fault_point(FaultPoint::quarantine_mine);
  fail_row(view, slab, row, verdict);
  view.done(slab, row / bits_per_word).fetch_or(std::uint64_t{1} << (row % bits_per_word));
  return Outcome::quarantined;
}

/// The freed tickets lie at or above `lowest`: the hint must not stand above it, and its tag must change.
void lower_hint(Ring& ring, std::uint64_t lowest) noexcept {
  std::uint64_t hint = ring.hint.load();
  std::uint64_t lowered = 0;
  do {
    const std::uint64_t tag = (hint >> ticket_bits) + 1;
    lowered = tag << ticket_bits | std::min(hint & ticket_mask, lowest);
  } while (!ring.hint.compare_exchange_weak(hint, lowered));
}

}  // namespace

void fail_row(const View& view, std::uint32_t slab, std::uint32_t row, const Verdict& verdict) noexcept {
  const auto pixels = view.pixels(slab, row);
  std::memset(pixels.data(), 0, pixels.size());
  view.labels(slab)[row] = -1;
  char* text = view.message(slab, row).text;
  const std::size_t length = std::min(verdict.message.size(), message_bytes - 1);
  std::memcpy(text, verdict.message.data(), length);
  text[length] = '\0';
  view.row(slab, row).status = static_cast<std::uint32_t>(verdict.status);
}

Recovered recover(const View& view, std::uint32_t slot, std::uint32_t weight, const Verdict& verdict) noexcept {
  Recovered result;
  const std::uint64_t active = view.slot(slot).active.load();
  std::uint64_t lowest = std::numeric_limits<std::uint64_t>::max();
  for (std::uint32_t slab = 0; slab < view.shape().slabs; ++slab) {
    for (std::uint32_t row = 0; row < view.shape().batch_size; ++row) {
      const std::uint64_t batch = OwnerWord{view.owner(slab, row).load(std::memory_order_acquire)}.batch();
      switch (recover_row(view, slab, row, slot, active, weight, verdict)) {
        case Outcome::not_mine: break;
        case Outcome::freed:
          ++result.freed;
          lowest = std::min(lowest, batch * view.shape().batch_size + row);
          break;
        case Outcome::quarantined: ++result.quarantined; break;
      }
    }
  }
  fault_point(FaultPoint::recover_freed);
  if (result.freed > 0) lower_hint(view.ring(), lowest);
  fault_point(FaultPoint::recover_hint);
  view.counters().rows_redone.fetch_add(result.freed, std::memory_order_relaxed);
  view.counters().quarantined.fetch_add(result.quarantined, std::memory_order_relaxed);
  // The dead one may have cleared a sleeper bit and died before FUTEX_WAKE, or owed the next link of the wake chain.
  view.ring().ready.force();
  view.pool().work.force();
  return result;
}

}  // namespace slabring::ring
