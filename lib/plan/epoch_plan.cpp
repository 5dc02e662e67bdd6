#include "plan/epoch_plan.hpp"

#include <algorithm>

namespace slabring {
namespace {

Sampler sampler_of(const PlanOptions& options) {
  if (options.samples == 0) return Sampler::sequential();  // of nothing
  if (options.sampler) return *options.sampler;
  return options.shuffle ? Sampler::random() : Sampler::sequential();
}

}  // namespace

EpochPlan::EpochPlan(const PlanOptions& options)
    : options_(options),
      order_(make_epoch_order(sampler_of(options).spec(), options.samples, options.seed)),
      positions_(order_->positions()),
      per_share_(options.batch_size) {
  if (!options.sampler || options.sampler->spec().kind != SamplerKind::batches) return;
  lists_ = options.sampler->spec().starts;
  positions_ = lists_.size() - 1;
  per_share_ = 1;
}

std::uint64_t EpochPlan::batches() const noexcept {
  const std::uint64_t whole = positions() / stride();
  return whole + (batch(whole) ? 1 : 0);
}

std::uint64_t EpochPlan::rows() const noexcept {
  const std::uint64_t whole = positions() / stride();
  const auto last = batch(whole);
  std::uint64_t rows = last ? last->rows : 0;
  if (lists_.empty()) return rows + whole * options_.batch_size;
  for (std::uint64_t number = 0; number < whole; ++number) rows += batch(number)->rows;
  return rows;
}

std::optional<PlannedBatch> EpochPlan::batch_at(std::uint64_t position) const noexcept {
  if (position >= positions()) return std::nullopt;
  const bool whole = positions() - position >= stride();
  if (!whole && options_.drop_last) return std::nullopt;
  PlannedBatch batch = last_batch(position);
  if (whole) {
    batch.first = position + std::uint64_t{options_.share} * per_share_;
    batch.next = position + stride();
    batch.rows = batch.own = batch.filled = static_cast<std::uint32_t>(per_share_);
  }
  if (batch.rows == 0) return std::nullopt;
  if (!lists_.empty()) use_list(batch);
  batch.position = position;
  batch.number = position / stride();
  batch.mix_number = position / per_share_ + options_.share;
  return batch;
}

/// What is left is divided as evenly as can be, still in slices: the first `longer` shares get one row more.
PlannedBatch EpochPlan::last_batch(std::uint64_t position) const noexcept {
  const std::uint64_t left = positions() - position;
  const std::uint64_t even = left / options_.shares;
  const std::uint64_t longer = options_.uneven == Uneven::drop ? 0 : left % options_.shares;
  const std::uint64_t own = even + (options_.share < longer ? 1 : 0);
  const std::uint64_t rows = even + (longer > 0 ? 1 : 0);
  PlannedBatch batch;
  batch.first = position + even * options_.share + std::min<std::uint64_t>(options_.share, longer);
  batch.next = positions();
  batch.rows = static_cast<std::uint32_t>(rows);
  batch.own = static_cast<std::uint32_t>(own);
  batch.filled = options_.uneven == Uneven::pad ? batch.rows : batch.own;
  // As torch's DistributedSampler: the epoch's first samples once more, each share another one.
  if (batch.filled > batch.own) batch.repeat = (options_.share - longer) % positions();
  return batch;
}

/// From one list to its rows. A share that has none left gets a repeated one, or a single row without a sample.
void EpochPlan::use_list(PlannedBatch& batch) const noexcept {
  const std::uint64_t list = batch.own > 0 ? batch.first : batch.repeat;
  const auto rows = batch.filled > 0 ? static_cast<std::uint32_t>(list_size(list)) : 1;
  batch.rows = rows;
  batch.own *= rows;
  batch.filled *= rows;
  if (batch.filled == 0) return;
  batch.first = batch.repeat = lists_[list];
}

void EpochPlan::ids(std::uint64_t epoch, const PlannedBatch& batch, std::span<SampleId> ids,
                    std::span<std::uint64_t> occurrences) noexcept {
  const std::uint64_t end = order_->positions();
  for (std::uint32_t row = 0; row < batch.filled; ++row) {
    const std::uint64_t position = row < batch.own ? batch.first + row : (batch.repeat + row - batch.own) % end;
    const PlannedSample sample = order_->at(epoch, position);
    ids[row] = sample.id;
    if (!occurrences.empty()) occurrences[row] = sample.occurrence;
  }
}

}  // namespace slabring
