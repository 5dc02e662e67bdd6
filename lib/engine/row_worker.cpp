#include "engine/row_worker.hpp"

#include <algorithm>
#include <cstring>

#include "plan/substitute.hpp"
#include "ring/recovery.hpp"
#include "sync/fault_point.hpp"

namespace slabring {

RowWorker::RowWorker(const ring::View& view, std::uint32_t slot, const Dataset& dataset, const Program& program,
                     std::uint64_t seed, OnError on_error, JpegDecoding jpeg_decoder)
    : port_(view, slot),
      engine_(dataset, program, seed, jpeg_decoder),
      seed_(seed),
      on_error_(on_error),
      read_ahead_distance_(2 * std::max<std::uint64_t>(1, view.shape().workers)),
      native_before_(view.slot(slot).decoded_native.load(std::memory_order_relaxed)),
      fallback_before_(view.slot(slot).decoded_fallback.load(std::memory_order_relaxed)) {}

void RowWorker::run() noexcept {
  while (!port_.stopped()) {
    if (const auto claim = port_.next(look_up)) work_on(*claim);
  }
}

bool RowWorker::step() noexcept {
  const auto claim = port_.try_claim();
  if (claim) work_on(*claim);
  return claim.has_value();
}

void RowWorker::work_on(const ring::Claim& claim) noexcept {
  ring::Slot& slot = port_.slot();
  slot.active.store(claim.ticket + 1, std::memory_order_relaxed);
  fault_point(FaultPoint::active_set);
  read_ahead(claim.ticket + read_ahead_distance_);
  write_row(claim);
  count_decoded(slot);  // before the row is seen
  fault_point(FaultPoint::row_written);
  port_.publish(claim);
  fault_point(FaultPoint::published);
  slot.active.store(0, std::memory_order_relaxed);
  slot.done.store(slot.done.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

void RowWorker::write_row(const ring::Claim& claim) noexcept {
  const ring::View& view = port_.view();
  const std::span<std::byte> pixels = view.pixels(claim.slab, claim.row);
  if constexpr (fault_points_compiled_in) {
    std::memset(pixels.data(), 0xaa, pixels.size() / 2);  // what a death in the middle of a row leaves behind
    fault_point(FaultPoint::row_half_written);
  }
  // Workers died of the planned sample, or also of the first that stood in: recovery has written why.
  if (const std::uint32_t condemned = ring::condemned(claim.attempts); condemned > 0) {
    return substitute(claim, condemned);
  }
  ring::Row& row = view.row(claim.slab, claim.row);
  const auto outcome = fill(claim, SampleId{row.sample.load(std::memory_order_relaxed)});
  if (outcome.status == SampleStatus::ok) {
    view.labels(claim.slab)[claim.row] = outcome.label;
    row.status = static_cast<std::uint32_t>(SampleStatus::ok);
    return;
  }
  ring::fail_row(view, claim.slab, claim.row, {outcome.status, outcome.message});
  if (on_error_ == OnError::substitute) substitute(claim, 1);
}

/// The first sound sample from the `first`-th on. Without any, the row keeps the failure that is written in it.
void RowWorker::substitute(const ring::Claim& claim, std::uint32_t first) noexcept {
  const ring::View& view = port_.view();
  ring::Row& row = view.row(claim.slab, claim.row);
  const SampleId planned{row.sample.load(std::memory_order_relaxed)};
  const std::uint64_t epoch = view.head(claim.slab).epoch;
  const std::uint64_t samples = engine_.dataset().size();
  if (to_index(planned) >= samples || samples < 2) return;
  for (std::uint32_t number = first; number <= max_substitutes; ++number) {
    const auto outcome = fill(claim, substitute_for(planned, number, seed_, epoch, samples));
    if (outcome.status != SampleStatus::ok) continue;
    view.labels(claim.slab)[claim.row] = outcome.label;
    row.substitution = Substitution{number, known_status(row.status)}.bits();
    row.status = static_cast<std::uint32_t>(SampleStatus::substituted);
    return;
  }
  ring::blank_row(view, claim.slab, claim.row);
}

RowEngine::Outcome RowWorker::fill(const ring::Claim& claim, SampleId id) noexcept {
  const ring::View& view = port_.view();
  ring::Slot& slot = port_.slot();
  slot.sample.store(to_index(id), std::memory_order_relaxed);
  return engine_.fill(id, view.head(claim.slab).epoch, view.pixels(claim.slab, claim.row), slot.stage);
}

void RowWorker::count_decoded(ring::Slot& slot) const noexcept {
  const Decoder& decoder = engine_.decoder();
  slot.decoded_native.store(native_before_ + decoder.decoded_native(), std::memory_order_relaxed);
  slot.decoded_fallback.store(fallback_before_ + decoder.decoded_fallback(), std::memory_order_relaxed);
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
