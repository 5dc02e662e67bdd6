#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>

#include "plan/epoch_order.hpp"
#include "slabring/options.hpp"
#include "slabring/sample.hpp"

namespace slabring {

/// Requires: samples <= Permutation::max_size, batch_size >= 1, share < shares, and that check_sampler() passed.
struct PlanOptions {
  std::uint64_t samples = 0;  ///< of the dataset
  std::uint32_t batch_size = 1;
  bool shuffle = false;  ///< without a sampler
  std::optional<Sampler> sampler{};
  bool drop_last = false;
  std::uint64_t seed = 0;
  /// Which part of every batch this is, of how many. Ranks that get the same batches have the same share.
  std::uint32_t share = 0;
  std::uint32_t shares = 1;
  Uneven uneven = Uneven::pad;
};

/// One share's batch: rows [0, own) are its part of the epoch, rows [own, filled) repeat samples of other rows
/// (Uneven::pad), rows [filled, rows) hold no sample (Uneven::exact).
struct PlannedBatch {
  std::uint64_t number = 0;      ///< in the epoch; the same for all shares
  std::uint64_t mix_number = 0;  ///< among the batches of all shares in the epoch: what its rows are mixed by
  std::uint64_t position = 0;    ///< at which it begins, of all shares
  std::uint64_t next = 0;        ///< position at which the batch after it begins, of all shares
  std::uint64_t first = 0;       ///< position of its own first row
  std::uint64_t repeat = 0;      ///< position of the first row that repeats
  std::uint32_t rows = 0;        ///< the same for all shares
  std::uint32_t own = 0;
  std::uint32_t filled = 0;
};

/// Which samples make up which batch of which epoch: a pure function, no I/O, any batch of any epoch in any order.
/// Remembers only what its order does of the epoch asked for last, so one object serves one thread.
///
/// An epoch is a line of positions, and the order says which sample stands at each; it knows nothing of shares. All
/// shares together take shares x batch_size positions at a time, each a slice of them, so that the batches of all,
/// one after the other, are the batch of a single process. Where an epoch has got to is therefore one position, for
/// every number of shares.
///
/// With Sampler::batches a position is a whole batch, and each share takes one of them at a time.
///
/// A shuffled epoch with drop_last leaves out other samples each time.
class EpochPlan {
 public:
  explicit EpochPlan(const PlanOptions& options);

  const PlanOptions& options() const noexcept { return options_; }
  /// Positions of every epoch.
  std::uint64_t positions() const noexcept { return positions_; }
  /// Batches of every epoch, the same for all shares; 0 when drop_last or Uneven::drop leave nothing.
  std::uint64_t batches() const noexcept;
  /// Rows that this share delivers of every epoch, those that repeat or hold nothing among them.
  std::uint64_t rows() const noexcept;

  /// The batch that begins at `position`; nothing: the epoch ends there.
  std::optional<PlannedBatch> batch_at(std::uint64_t position) const noexcept;
  /// The batch with this number in an epoch that is walked from its beginning.
  std::optional<PlannedBatch> batch(std::uint64_t number) const noexcept { return batch_at(number * stride()); }

  /// Fills in the first batch.filled of `ids`, and of `occurrences` unless that is empty.
  /// Requires: `batch` is of this plan, ids.size() >= batch.filled.
  void ids(std::uint64_t epoch, const PlannedBatch& batch, std::span<SampleId> ids,
           std::span<std::uint64_t> occurrences = {}) noexcept;

 private:
  /// Positions that the batches of all shares take together.
  std::uint64_t stride() const noexcept { return per_share_ * options_.shares; }
  PlannedBatch last_batch(std::uint64_t position) const noexcept;
  void use_list(PlannedBatch& batch) const noexcept;
  std::uint64_t list_size(std::uint64_t list) const noexcept { return lists_[list + 1] - lists_[list]; }

  PlanOptions options_;
  std::unique_ptr<EpochOrder> order_;
  SharedArray<std::uint64_t> lists_;  ///< Sampler::batches: where in the order each begins
  std::uint64_t positions_;
  std::uint64_t per_share_;  ///< positions that one share takes at a time
};

}  // namespace slabring
