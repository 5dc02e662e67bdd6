#include "ring/worker_port.hpp"

#include "ring/owner_word.hpp"
#include "sync/fault_point.hpp"

namespace slabring::ring {

std::optional<Claim> WorkerPort::try_claim() noexcept {
  const std::uint64_t batch_size = view_.shape().batch_size;
  Ring& ring = view_.ring();
  std::uint64_t hint = ring.hint.load();
  for (std::uint64_t ticket = hint & ticket_mask;;) {
    const std::uint64_t batch = ticket / batch_size;
    const auto row = static_cast<std::uint32_t>(ticket % batch_size);
    // Acquires what arm() wrote of this batch: sample ids, epoch.
    if (batch >= ring.issued.load()) return std::nullopt;
    const std::uint32_t slab = ring.order[batch % order_size].load(std::memory_order_acquire);
    if (slab >= view_.shape().slabs) return std::nullopt;  // not written by a sound trainer: nothing to do here
    fault_point(FaultPoint::claim_scan);

    auto& word = view_.owner(slab, row);
    std::uint64_t seen = word.load(std::memory_order_acquire);
    const OwnerWord owner{seen};
    if (owner.batch() != (batch & OwnerWord::batch_mask)) {  // recycled under us: that batch is finished
      ticket = (batch + 1) * batch_size;
      continue;
    }
    // This one word decides. The slab's row count must not be consulted: it belongs to the batch armed last.
    if (owner.state() != OwnerWord::State::free) {
      ++ticket;
      continue;
    }
    fault_point(FaultPoint::claim_cas);
    // FREE(n) -> CLAIMED(w, n). Failure: another worker, the trainer's cancel, or the slab was recycled; look again.
    if (!word.compare_exchange_strong(seen, OwnerWord::claimed(batch, owner.attempts(), slot_).bits())) {
      slot().retries.fetch_add(1, std::memory_order_relaxed);
      continue;
    }
    fault_point(FaultPoint::claimed);
    // Only a hint, so failure is nothing. The tag keeps it right: recovery changes it when it lowers the ticket, so a
    // scanner that passed the row before it was freed cannot carry the hint over it (model mutant 2).
    ring.hint.compare_exchange_strong(hint, (hint & ~ticket_mask) | (ticket + 1));
    fault_point(FaultPoint::hint_advanced);
    return Claim{slab, row, batch, ticket, owner.attempts()};
  }
}

std::uint32_t WorkerPort::claim_run(const Claim& claim, std::uint32_t most) noexcept {
  std::uint32_t held = 1;
  // The slab cannot be recycled meanwhile, since a row of it is ours.
  for (; held < most && claim.row + held < view_.shape().batch_size; ++held) {
    auto& word = view_.owner(claim.slab, claim.row + held);
    std::uint64_t seen = word.load(std::memory_order_acquire);
    const OwnerWord owner{seen};
    if (owner.state() != OwnerWord::State::free || owner.batch() != (claim.batch & OwnerWord::batch_mask)) break;
    if (owner.attempts() > 0) break;  // somebody died of it: whoever takes it next has to know
    fault_point(FaultPoint::claim_cas);
    // As in try_claim(); the hint stays where it is, which is right: it is a lower bound.
    if (!word.compare_exchange_strong(seen, OwnerWord::claimed(claim.batch, owner.attempts(), slot_).bits())) break;
    fault_point(FaultPoint::claimed);
  }
  return held;
}

void WorkerPort::publish(const Claim& claim) noexcept {
  const std::uint32_t word = claim.row / bits_per_word;
  const std::uint64_t bit = std::uint64_t{1} << (claim.row % bits_per_word);
  // Releases the row's bytes to the trainer's complete().
  const std::uint64_t now = view_.done(claim.slab, word).fetch_or(bit) | bit;
  fault_point(FaultPoint::done_set);
  if (now != View::row_bits(view_.shape().batch_size, word)) return;
  if (!view_.complete(claim.slab)) return;
  fault_point(FaultPoint::batch_complete);
  view_.ring().ready.ring_all();  // two last finishers may both ring; harmless
}

bool WorkerPort::more_work() const noexcept {
  Ring& ring = view_.ring();
  return (ring.hint.load() & ticket_mask) < ring.issued.load() * view_.shape().batch_size;
}

std::optional<Claim> WorkerPort::next(std::chrono::milliseconds slice) noexcept {
  Bell& work = view_.pool().work;
  for (bool registered = false;;) {
    std::uint32_t key = 0;
    if (stopped()) return std::nullopt;
    if (registered) {
      key = work.prepare();
      fault_point(FaultPoint::sleep_registered);
    }
    if (auto claim = try_claim()) {
      if (work.has_sleepers() && more_work())
        work.ring_one();  // wake chain: the trainer wakes one, each wakes the next
      return claim;
    }
    if (registered) {
      // stop may have been set between the first look and prepare(); its ring came before our bit then.
      if (stopped()) return std::nullopt;
      slot().sleeps.fetch_add(1, std::memory_order_relaxed);
      fault_point(FaultPoint::sleeping);
      if (!work.wait(key, slice)) return std::nullopt;
    }
    registered = !registered;
  }
}

}  // namespace slabring::ring
