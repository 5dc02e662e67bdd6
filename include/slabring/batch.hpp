#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "slabring/dataset.hpp"
#include "slabring/export.hpp"
#include "slabring/sample.hpp"
#include "slabring/tensor.hpp"

namespace slabring {

class RingSession;

/// A lease on one slab of the ring: the batch's memory is the caller's until the Batch is destroyed or release() is
/// called, from any thread, in any order among the batches held. Moving it keeps every pointer valid. It may outlive
/// its Loader; the memory goes with the last lease.
///
/// The caller may write to images(), labels() and array(). One Batch must not be used by two threads at once.
class SLABRING_API Batch {
 public:
  Batch() noexcept = default;
  Batch(Batch&& other) noexcept;
  Batch& operator=(Batch&& other) noexcept;
  Batch(const Batch&) = delete;
  Batch& operator=(const Batch&) = delete;
  ~Batch();

  /// Gives the slab back; idempotent. Every view of this batch is invalid from then on.
  void release() noexcept;
  bool empty() const noexcept { return session_ == nullptr; }

  /// Rows in this batch: batch_size, or fewer in the last one. Requires (as all below): !empty().
  std::size_t size() const noexcept;
  /// [size(), C, H, W] or [size(), H, W, C], contiguous; of samples that are arrays, size() and then their shape.
  Tensor images() const noexcept;
  /// One a row; -1 where a sample has none or has failed.
  std::span<std::int64_t> labels() const noexcept;
  /// The dataset's Dataset::extra_arrays(): their names and the form of one row.
  std::span<const ExtraArray> extra_arrays() const noexcept;
  /// One of them: [size(), ...], contiguous; zeros where a row has failed. Throws Error(invalid_argument) when there
  /// are not so many.
  Tensor array(std::size_t number) const;
  /// The one of that name. Throws Error(invalid_argument), with the names that there are, when there is none.
  Tensor array(std::string_view name) const;
  /// With MixUp or CutMix in the pipeline: the label of the row that each was mixed with, and the share of its own
  /// label. Empty without.
  std::span<const std::int64_t> partner_labels() const noexcept;
  std::span<const float> lambdas() const noexcept;
  /// The same as one share for each class: [size(), num_classes], lambda where the label is and 1 - lambda where the
  /// partner's is; all 0 for a row that failed. Empty without MixUp and CutMix. Allocates.
  std::vector<float> soft_labels() const;
  /// The samples delivered: with OnError::substitute not always those of the plan; no_sample where a row holds none.
  std::span<const SampleId> ids() const noexcept;
  /// SampleStatus::ok, substituted, padded, or why the row is zeroed.
  std::span<const SampleStatus> statuses() const noexcept;
  /// The planned samples that failed, with reasons; empty as a rule.
  std::vector<SampleFault> faults() const;

  std::uint64_t epoch() const noexcept;
  /// Position in the epoch, from 0.
  std::uint64_t index() const noexcept;

 private:
  friend class RingSession;
  Batch(std::shared_ptr<RingSession> session, std::uint32_t slab) noexcept;

  std::shared_ptr<RingSession> session_;
  std::uint32_t slab_ = 0;
};

}  // namespace slabring
