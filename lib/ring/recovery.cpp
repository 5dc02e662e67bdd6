#include "ring/recovery.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "ring/owner_word.hpp"
#include "sync/fault_point.hpp"

namespace slabring::ring {
namespace {

/// One walk of the coordinator over all rows, on behalf of one dead worker.
///
/// A coordinator may die in it at any step, and its successor walks again. So the walk trusts only what it sees: it
/// lowers the hint to every free row, whoever freed it, and finishes a quarantine that somebody else began (model
/// mutants 11 and 12).
class Recovery {
 public:
  Recovery(const View& view, std::uint32_t slot, std::uint32_t weight, const Verdict& verdict) noexcept
      : view_(view), slot_(slot), weight_(weight), verdict_(verdict), active_(view.slot(slot).active.load()) {}

  Recovered run() noexcept {
    for (std::uint32_t slab = 0; slab < view_.shape().slabs; ++slab) {
      for (std::uint32_t row = 0; row < view_.shape().batch_size; ++row) visit(slab, row);
    }
    fault_point(FaultPoint::recover_freed);
    if (lowest_free_ != no_ticket) lower_hint();
    fault_point(FaultPoint::recover_hint);
    count();
    // The dead one may have cleared a sleeper bit and died before FUTEX_WAKE, or owed the next link of the wake chain.
    view_.ring().ready.force();
    view_.pool().work.force();
    return result_;
  }

 private:
  static constexpr std::uint64_t no_ticket = std::numeric_limits<std::uint64_t>::max();

  void visit(std::uint32_t slab, std::uint32_t row) noexcept {
    const OwnerWord seen{view_.owner(slab, row).load(std::memory_order_acquire)};
    const std::uint64_t ticket = seen.batch() * view_.shape().batch_size + row;
    if (seen.state() == OwnerWord::State::free) note_free(ticket);
    if (!is_orphan(seen)) return;
    fault_point(FaultPoint::recover_seen);
    // Owner before bitmap before CAS: see ConsumerPort::arm(). A set bit means it was published before its owner died.
    const std::uint64_t bits = view_.done(slab, row / bits_per_word).load(std::memory_order_acquire);
    if (bits & bit_of(row)) return;

    const bool blamed = seen.is_claimed_by(slot_) && active_ == ticket + 1;
    const std::uint32_t attempts = std::min(seen.attempts() + (blamed ? weight_ : 0), OwnerWord::max_attempts);
    fault_point(FaultPoint::recover_cas);
    if (attempts >= verdict_.give_up_at) {
      quarantine(slab, row, seen, attempts);
    } else if (condemned(attempts) > condemned(seen.attempts()) || !seen.is_claimed_by(slot_)) {
      condemn(slab, row, seen, attempts);
    } else if (exchange(slab, row, seen, OwnerWord::free(seen.batch(), attempts))) {  // CLAIMED(w) -> FREE
      ++result_.freed;
      note_free(ticket);
    }
  }

  /// Rows of the dead, and rows that a coordinator which died here was quarantining. A void row is the coordinator's as
  /// well, but has no attempts.
  bool is_orphan(OwnerWord owner) const noexcept {
    return owner.is_claimed_by(slot_) ||
           (owner.is_claimed_by(OwnerWord::coordinator) && owner.attempts() >= quarantine_attempts);
  }

  void quarantine(std::uint32_t slab, std::uint32_t row, OwnerWord seen, std::uint32_t attempts) noexcept {
    if (!make_mine(slab, row, seen, attempts)) return;
    fail_row(view_, slab, row, verdict_);
    view_.done(slab, row / bits_per_word).fetch_or(bit_of(row));
    ++result_.quarantined;
  }

  /// Leaves the reason in the row, for whoever puts another sample into it.
  void condemn(std::uint32_t slab, std::uint32_t row, OwnerWord seen, std::uint32_t attempts) noexcept {
    if (!make_mine(slab, row, seen, attempts)) return;
    fail_row(view_, slab, row, verdict_);
    // CLAIMED(coordinator) -> FREE: the row is mine and not done, so its slab cannot have been recycled.
    view_.owner(slab, row).store(OwnerWord::free(seen.batch(), attempts).bits());
    ++result_.freed;
    note_free(seen.batch() * view_.shape().batch_size + row);
  }

  /// CLAIMED(w or an earlier coordinator) -> CLAIMED(coordinator)
  bool make_mine(std::uint32_t slab, std::uint32_t row, OwnerWord seen, std::uint32_t attempts) noexcept {
    if (!exchange(slab, row, seen, OwnerWord::claimed(seen.batch(), attempts, OwnerWord::coordinator))) return false;
    fault_point(FaultPoint::quarantine_mine);
    return true;
  }

  /// Failure: the slab was recycled between the look at the owner and that at the bitmap; so the row was done (model
  /// mutant 13 does without).
  bool exchange(std::uint32_t slab, std::uint32_t row, OwnerWord seen, OwnerWord wanted) noexcept {
    std::uint64_t expected = seen.bits();
    return view_.owner(slab, row).compare_exchange_strong(expected, wanted.bits());
  }

  void note_free(std::uint64_t ticket) noexcept { lowest_free_ = std::min(lowest_free_, ticket); }

  /// No free row may lie below the hint. The tag changes even when the ticket need not: a scanner that passed a row
  /// before it was freed must fail to advance the hint over it (model mutants 1 and 2).
  void lower_hint() noexcept {
    std::atomic<std::uint64_t>& hint = view_.ring().hint;
    std::uint64_t seen = hint.load();
    std::uint64_t lowered = 0;
    do {
      const std::uint64_t tag = (seen >> ticket_bits) + 1;
      lowered = tag << ticket_bits | std::min(seen & ticket_mask, lowest_free_);
    } while (!hint.compare_exchange_weak(seen, lowered));
  }

  void count() noexcept {
    view_.counters().rows_redone.fetch_add(result_.freed, std::memory_order_relaxed);
    view_.counters().quarantined.fetch_add(result_.quarantined, std::memory_order_relaxed);
  }

  static constexpr std::uint64_t bit_of(std::uint32_t row) noexcept {
    return std::uint64_t{1} << (row % bits_per_word);
  }

  const View& view_;
  const std::uint32_t slot_;
  const std::uint32_t weight_;
  const Verdict& verdict_;
  const std::uint64_t active_;
  Recovered result_;
  std::uint64_t lowest_free_ = no_ticket;
};

}  // namespace

void blank_row(const View& view, std::uint32_t slab, std::uint32_t row) noexcept {
  const auto pixels = view.pixels(slab, row);
  std::memset(pixels.data(), 0, pixels.size());
  view.labels(slab)[row] = -1;
  view.partner_labels(slab)[row] = -1;
  view.lambdas(slab)[row] = 0.0F;
  for (std::uint32_t array = 0; array < view.shape().extra_arrays; ++array) {
    const auto extra = view.extra(slab, row, array);
    std::memset(extra.data(), 0, extra.size());
  }
}

void fail_row(const View& view, std::uint32_t slab, std::uint32_t row, const Verdict& verdict) noexcept {
  blank_row(view, slab, row);
  char* text = view.message(slab, row).text;
  const std::size_t length = verdict.message.copy(text, message_bytes - 1);
  text[length] = '\0';
  view.row(slab, row).status = static_cast<std::uint32_t>(verdict.status);
}

Recovered recover(const View& view, std::uint32_t slot, std::uint32_t weight, const Verdict& verdict) noexcept {
  return Recovery(view, slot, weight, verdict).run();
}

}  // namespace slabring::ring
