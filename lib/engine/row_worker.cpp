#include "engine/row_worker.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "plan/substitute.hpp"
#include "ring/recovery.hpp"
#include "sync/fault_point.hpp"

namespace slabring {
namespace {

/// Rows that one worker takes together. A row that is mixed needs the one before it, and of a run of k rows only the
/// first has to decode it again: k + 1 decodes. More would leave other workers without a row of the batch.
std::uint32_t run_of_rows(const ring::Shape& shape) noexcept {
  constexpr std::uint32_t longest = 8;
  return std::clamp(shape.batch_size / std::max(1U, shape.workers), 2U, longest);
}

/// An array is copied in less time than a row is claimed in, so small ones are taken together: as many as make up what
/// is written in some microseconds, and never so many that another worker of the batch has none.
std::uint32_t run_of_arrays(const ring::Shape& shape) noexcept {
  constexpr std::uint64_t bytes = std::uint64_t{64} << 10;
  constexpr std::uint64_t longest = 64;
  const std::uint64_t row_bytes =
      std::accumulate(shape.extra_row_bytes.begin(), shape.extra_row_bytes.end(), shape.row_bytes);
  const std::uint64_t share = shape.batch_size / (2 * std::max<std::uint64_t>(1, shape.workers));
  return static_cast<std::uint32_t>(
      std::clamp<std::uint64_t>(bytes / row_bytes, 1, std::clamp<std::uint64_t>(share, 1, longest)));
}

std::uint32_t rows_a_claim(const RowEngine& engine, const ring::Shape& shape) noexcept {
  if (engine.mixes()) return run_of_rows(shape);
  return engine.copies_arrays() ? run_of_arrays(shape) : 1;
}

}  // namespace

RowWorker::RowWorker(const ring::View& view, std::uint32_t slot, const Dataset& dataset, const Program& program,
                     const RowOptions& options)
    : port_(view, slot),
      engine_(dataset, program, options),
      options_(options),
      read_ahead_distance_(2 * std::max<std::uint64_t>(1, view.shape().workers)),
      rows_a_claim_(rows_a_claim(engine_, view.shape())),
      extras_(view.shape().extra_arrays),
      native_before_(view.slot(slot).decoded_native.load(std::memory_order_relaxed)),
      fallback_before_(view.slot(slot).decoded_fallback.load(std::memory_order_relaxed)) {}

void RowWorker::run() noexcept {
  while (!port_.stopped()) {
    if (const auto claim = port_.next(look_up)) work_on(*claim);
  }
}

void RowWorker::run_while(const std::function<bool()>& wanted) {
  while (!port_.stopped() && wanted()) {
    if (const auto claim = port_.next(std::chrono::seconds(1))) work_on(*claim);
  }
}

bool RowWorker::step() noexcept {
  const auto claim = port_.try_claim();
  if (claim) work_on(*claim);
  return claim.has_value();
}

void RowWorker::work_on(const ring::Claim& first) noexcept {
  const std::uint32_t rows = rows_a_claim_ > 1 ? port_.claim_run(first, rows_a_claim_) : 1;
  work_on_row(first);
  for (std::uint32_t i = 1; i < rows && !port_.stopped(); ++i) {
    work_on_row({first.slab, first.row + i, first.batch, first.ticket + i});
  }
}

void RowWorker::work_on_row(const ring::Claim& claim) noexcept {
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
  if constexpr (fault_points_compiled_in) {
    const RowEngine::Place place = place_of(claim);
    std::memset(place.row.data(), 0xaa, place.row.size() / 2);  // what a death in the middle of a row leaves behind
    for (const auto extra : place.extras) std::memset(extra.data(), 0xaa, extra.size());
    fault_point(FaultPoint::row_half_written);
  }
  // Workers died of the planned sample, or also of the first that stood in: recovery has written why.
  if (const std::uint32_t condemned = ring::condemned(claim.attempts); condemned > 0) {
    return substitute(claim, condemned);
  }
  ring::Row& row = view.row(claim.slab, claim.row);
  const auto outcome = fill(claim, SampleId{row.sample.load(std::memory_order_relaxed)});
  if (outcome.status == SampleStatus::ok) return accept(claim, outcome, SampleStatus::ok);
  ring::fail_row(view, claim.slab, claim.row, {outcome.status, outcome.message});
  if (options_.on_error == OnError::substitute) substitute(claim, 1);
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
    const auto outcome = fill(claim, substitute_for(planned, number, options_.seed, epoch, samples));
    if (outcome.status != SampleStatus::ok) continue;
    row.substitution = Substitution{number, known_status(row.status)}.bits();
    return accept(claim, outcome, SampleStatus::substituted);
  }
  ring::blank_row(view, claim.slab, claim.row);
}

void RowWorker::accept(const ring::Claim& claim, const RowEngine::Outcome& outcome, SampleStatus status) noexcept {
  const ring::View& view = port_.view();
  view.labels(claim.slab)[claim.row] = outcome.label;
  view.partner_labels(claim.slab)[claim.row] = outcome.partner_label;
  view.lambdas(claim.slab)[claim.row] = outcome.lambda;
  view.row(claim.slab, claim.row).status = static_cast<std::uint32_t>(status);
}

RowEngine::Outcome RowWorker::fill(const ring::Claim& claim, SampleId id) noexcept {
  const ring::View& view = port_.view();
  ring::Slot& slot = port_.slot();
  slot.sample.store(to_index(id), std::memory_order_relaxed);
  about_to_fill(to_index(id));
  const RowEngine::Place place = place_of(claim);
  const PlannedSample sample{id, view.row(claim.slab, claim.row).occurrence};
  if (engine_.mixes()) return fill_mixed(claim, sample, place.row);
  return engine_.fill(sample, view.head(claim.slab).epoch, place, slot.stage);
}

/// Valid until the next call.
RowEngine::Place RowWorker::place_of(const ring::Claim& claim) noexcept {
  const ring::View& view = port_.view();
  for (std::uint32_t i = 0; i < extras_.size(); ++i) extras_[i] = view.extra(claim.slab, claim.row, i);
  return {view.pixels(claim.slab, claim.row), extras_};
}

void RowWorker::count_decoded(ring::Slot& slot) const noexcept {
  const Decoder& decoder = engine_.decoder();
  slot.decoded_native.store(native_before_ + decoder.decoded_native(), std::memory_order_relaxed);
  slot.decoded_fallback.store(fallback_before_ + decoder.decoded_fallback(), std::memory_order_relaxed);
}

/// The partner is the row before, as batch.roll(1). One that is known to have failed is not tried again: what killed
/// its worker would kill this one.
RowEngine::Outcome RowWorker::fill_mixed(const ring::Claim& claim, const PlannedSample& sample,
                                         std::span<std::byte> pixels) noexcept {
  const ring::View& view = port_.view();
  const ring::SlabHead& head = view.head(claim.slab);
  const std::uint32_t rows = std::clamp(head.rows, claim.row + 1, view.shape().batch_size);
  const std::uint32_t partner = (claim.row + rows - 1) % rows;
  const bool known_bad = view.is_done(claim.slab, partner) &&
                         view.row(claim.slab, partner).status != static_cast<std::uint32_t>(SampleStatus::ok);
  RowEngine::MixedRow place{sample, std::nullopt, head.epoch, head.index};
  if (!known_bad) {
    const ring::Row& row = view.row(claim.slab, partner);
    place.partner = PlannedSample{SampleId{row.sample.load(std::memory_order_relaxed)}, row.occurrence};
  }
  return engine_.fill_mixed(place, pixels, port_.slot().stage);
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
