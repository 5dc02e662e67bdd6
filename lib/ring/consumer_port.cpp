#include "ring/consumer_port.hpp"

#include "ring/owner_word.hpp"
#include "sync/fault_point.hpp"

namespace slabring::ring {

void ConsumerPort::arm(std::uint32_t slab, std::uint64_t batch, std::uint64_t epoch, std::span<const SampleId> samples,
                       std::uint64_t index, std::span<const std::uint64_t> occurrences) noexcept {
  const std::uint32_t batch_size = view_.shape().batch_size;
  const auto rows = static_cast<std::uint32_t>(samples.size());
  SlabHead& head = view_.head(slab);
  head.epoch = epoch;
  head.index = index;
  head.rows = rows;
  for (std::uint32_t r = 0; r < rows; ++r) {
    Row& row = view_.row(slab, r);
    row.sample.store(to_index(samples[r]), std::memory_order_relaxed);
    row.occurrence = occurrences.empty() ? 0 : occurrences[r];
    row.status = static_cast<std::uint32_t>(SampleStatus::pending);
  }
  // 1. Owners first: recover() reads owner before bitmap, so with the other order it could take a row of the new batch
  // for an unfinished one of the old (model mutant 5). Void rows are never FREE (mutant 10).
  for (std::uint32_t r = 0; r < batch_size; ++r) {
    const OwnerWord word = r < rows ? OwnerWord::free(batch, 0) : OwnerWord::claimed(batch, 0, OwnerWord::coordinator);
    view_.owner(slab, r).store(word.bits(), std::memory_order_relaxed);
  }
  fault_point(FaultPoint::arm_owners);
  // 2. Then the bitmap, void rows pre-set.
  for (std::uint32_t word = 0; word < view_.words(); ++word) {
    view_.done(slab, word)
        .store(View::row_bits(batch_size, word) & ~View::row_bits(rows, word), std::memory_order_release);
  }
  fault_point(FaultPoint::arm_bitmap);
  Ring& ring = view_.ring();
  ring.order[batch % order_size].store(slab, std::memory_order_release);
  fault_point(FaultPoint::arm_order);
  // 3. Publish: pairs with the issued load of try_claim().
  ring.issued.store(batch + 1);
  fault_point(FaultPoint::arm_issued);
  view_.pool().work.ring_one();
}

void ConsumerPort::cancel(std::uint32_t slab, std::uint64_t batch, std::uint32_t rows) noexcept {
  for (std::uint32_t r = 0; r < rows; ++r) {
    auto& word = view_.owner(slab, r);
    std::uint64_t seen = word.load();
    while (OwnerWord{seen}.state() == OwnerWord::State::free) {
      // FREE(n) -> CLAIMED(trainer). Failure: a worker claimed it, or recovery freed it again with another weight.
      if (!word.compare_exchange_strong(seen, OwnerWord::claimed(batch, 0, OwnerWord::trainer).bits())) continue;
      fault_point(FaultPoint::cancel_cas);
      view_.row(slab, r).status = static_cast<std::uint32_t>(SampleStatus::cancelled);
      view_.done(slab, r / bits_per_word).fetch_or(std::uint64_t{1} << (r % bits_per_word));
      break;
    }
  }
}

void ConsumerPort::stop() noexcept {
  view_.pool().stop.store(1);
  view_.pool().work.force();
}

}  // namespace slabring::ring
