#include "plan/epoch_plan.hpp"

#include <algorithm>

#include "base/random.hpp"

namespace slabring {

std::uint64_t EpochPlan::batches() const noexcept {
  const std::uint64_t whole = positions() / stride();
  return whole + (batch(whole) ? 1 : 0);
}

std::uint64_t EpochPlan::rows() const noexcept {
  const std::uint64_t whole = positions() / stride();
  const auto last = batch(whole);
  return whole * options_.batch_size + (last ? last->rows : 0);
}

std::optional<PlannedBatch> EpochPlan::batch_at(std::uint64_t position) const noexcept {
  if (position >= positions()) return std::nullopt;
  const bool whole = positions() - position >= stride();
  if (!whole && options_.drop_last) return std::nullopt;
  PlannedBatch batch = last_batch(position);
  if (whole) {
    batch.first = position + std::uint64_t{options_.share} * options_.batch_size;
    batch.next = position + stride();
    batch.rows = batch.own = batch.filled = options_.batch_size;
  }
  if (batch.rows == 0) return std::nullopt;
  batch.position = position;
  batch.number = position / stride();
  batch.mix_number = position / options_.batch_size + options_.share;
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

void EpochPlan::ids(std::uint64_t epoch, const PlannedBatch& batch, std::span<SampleId> out) noexcept {
  for (std::uint32_t row = 0; row < batch.own; ++row) out[row] = at(epoch, batch.first + row);
  for (std::uint32_t row = batch.own; row < batch.filled; ++row) {
    out[row] = at(epoch, (batch.repeat + row - batch.own) % positions());
  }
}

SampleId EpochPlan::at(std::uint64_t epoch, std::uint64_t position) noexcept {
  return SampleId{options_.shuffle ? order(epoch)(position) : position};
}

const Permutation& EpochPlan::order(std::uint64_t epoch) noexcept {
  if (!order_ || order_epoch_ != epoch) {
    order_.emplace(options_.samples, epoch_key(options_.seed, epoch, RandomPurpose::order));
    order_epoch_ = epoch;
  }
  return *order_;
}

}  // namespace slabring
