#include "plan/epoch_plan.hpp"

#include <algorithm>

#include "base/random.hpp"

namespace slabring {

std::uint64_t EpochPlan::batches() const noexcept {
  const std::uint64_t whole = options_.samples / options_.batch_size;
  const bool partial = options_.samples % options_.batch_size != 0;
  return whole + (partial && !options_.drop_last ? 1 : 0);
}

std::uint64_t EpochPlan::samples() const noexcept {
  return options_.drop_last ? batches() * options_.batch_size : options_.samples;
}

std::uint32_t EpochPlan::rows(std::uint64_t batch) const noexcept {
  const std::uint64_t left = options_.samples - batch * options_.batch_size;
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(options_.batch_size, left));
}

void EpochPlan::ids(std::uint64_t epoch, std::uint64_t batch, std::span<SampleId> out) noexcept {
  const std::uint64_t first = batch * options_.batch_size;
  const std::uint32_t count = rows(batch);
  if (!options_.shuffle) {
    for (std::uint32_t row = 0; row < count; ++row) out[row] = SampleId{first + row};
    return;
  }
  const Permutation& shuffled = order(epoch);
  for (std::uint32_t row = 0; row < count; ++row) out[row] = SampleId{shuffled(first + row)};
}

const Permutation& EpochPlan::order(std::uint64_t epoch) noexcept {
  if (!order_ || order_epoch_ != epoch) {
    order_.emplace(options_.samples, epoch_key(options_.seed, epoch, RandomPurpose::order));
    order_epoch_ = epoch;
  }
  return *order_;
}

}  // namespace slabring
