#include "engine/row_worker.hpp"

#include <algorithm>
#include <cstring>

#include "ring/recovery.hpp"
#include "sync/fault_point.hpp"

namespace slabring {

RowWorker::RowWorker(const ring::View& view, std::uint32_t slot, const Dataset& dataset, const Program& program,
                     std::uint64_t seed)
    : port_(view, slot),
      engine_(dataset, program, seed),
      read_ahead_distance_(2 * std::max<std::uint64_t>(1, view.shape().workers)) {}

void RowWorker::run() noexcept {
  while (!port_.stopped()) {
    if (const auto claim = port_.next(look_up)) fill(*claim);
  }
}

bool RowWorker::step() noexcept {
  const auto claim = port_.try_claim();
  if (claim) fill(*claim);
  return claim.has_value();
}

void RowWorker::fill(const ring::Claim& claim) noexcept {
  const ring::View& view = port_.view();
  ring::Slot& slot = port_.slot();
  slot.active.store(claim.ticket + 1, std::memory_order_relaxed);
  fault_point(FaultPoint::active_set);
  read_ahead(claim.ticket + read_ahead_distance_);

  const std::span<std::byte> pixels = view.pixels(claim.slab, claim.row);
  if constexpr (fault_points_compiled_in) {
    std::memset(pixels.data(), 0xaa, pixels.size() / 2);  // what a death in the middle of a row leaves behind
    fault_point(FaultPoint::row_half_written);
  }
  ring::Row& row = view.row(claim.slab, claim.row);
  const SampleId id{row.sample.load(std::memory_order_relaxed)};
  const auto outcome = engine_.fill(id, view.head(claim.slab).epoch, pixels, slot.stage);
  if (outcome.status == SampleStatus::ok) {
    view.labels(claim.slab)[claim.row] = outcome.label;
    row.status = static_cast<std::uint32_t>(SampleStatus::ok);
  } else {
    ring::fail_row(view, claim.slab, claim.row, {outcome.status, outcome.message});
  }
  fault_point(FaultPoint::row_written);
  port_.publish(claim);
  fault_point(FaultPoint::published);
  slot.active.store(0, std::memory_order_relaxed);
  slot.done.store(slot.done.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

/// Tickets are ordered and the page cache is everybody's, so nobody needs to own a file to read it ahead. What is read
/// here of a row that is not ours may be of another batch by now: a wrong hint costs nothing.
void RowWorker::read_ahead(std::uint64_t ticket) const noexcept {
  const ring::View& view = port_.view();
  const std::uint64_t batch = ticket / view.shape().batch_size;
  if (batch >= view.ring().issued.load(std::memory_order_relaxed)) return;
  const std::uint32_t slab = view.ring().order[batch % ring::order_size].load(std::memory_order_acquire);
  if (slab >= view.shape().slabs) return;
  const auto row = static_cast<std::uint32_t>(ticket % view.shape().batch_size);
  const std::uint64_t id = view.row(slab, row).sample.load(std::memory_order_relaxed);
  if (id < engine_.dataset().size()) engine_.dataset().will_need(SampleId{id});
}

}  // namespace slabring
