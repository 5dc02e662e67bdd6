#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "slabring/export.hpp"
#include "slabring/sample.hpp"

namespace slabring {

struct SamplerSpec;

/// Which samples make up an epoch, and in which order: a value, cheap to copy, immutable, thread-safe.
///
/// Every order is a function of (seed, epoch, position) and can be entered anywhere. What is computed keeps nothing
/// that grows with the dataset; what needs a table (weighted, class_balanced, subset, order, batches) builds it once,
/// in sealed shared memory, and all copies, threads and forks share it.
///
/// A sample that occurs more than once in an epoch is augmented differently each time.
///
/// All functions throw Error(invalid_argument) that names the value. What only a dataset can tell (an id beyond its
/// end, weights for another number of samples) the Loader's constructor throws.
class SLABRING_API Sampler {
 public:
  /// The order of the dataset: what a Loader does without `shuffle`.
  static Sampler sequential();
  /// Each sample once, permuted: what a Loader does with `shuffle`.
  static Sampler random();
  /// `draws` samples (0: as many as the dataset has), each time any of them.
  static Sampler with_replacement(std::uint64_t draws = 0);

  /// `draws` samples with chances in proportion to `weights`, one for each sample of the dataset; those of weight 0
  /// never. With replacement (0 draws: as many as there are weights) 16 bytes a sample. Without (0: all whose weight is
  /// not 0) none occurs twice, 24 bytes a sample, and the first batch of each epoch waits until its order is sorted.
  static Sampler weighted(std::span<const double> weights, bool replacement = true, std::uint64_t draws = 0);
  /// `draws` samples (0: as many as there are labels), as many of each class to within one; of a class each in turn
  /// before any again. `labels`: one for each sample of the dataset, 0 or more. 8 bytes a sample.
  static Sampler class_balanced(std::span<const std::int64_t> labels, std::uint64_t draws = 0);

  /// These samples, permuted anew each epoch or as given. 8 bytes a sample, 12 when some occur twice.
  static Sampler subset(std::span<const SampleId> ids, bool shuffle = true);
  /// Exactly this order, in every epoch; as long as the dataset, but some may be missing and others occur twice.
  static Sampler order(std::span<const SampleId> ids);
  /// Exactly these batches, each of 1 to batch_size samples, in every epoch. Ranks take whole ones in turn, and what
  /// `uneven` and `drop_last` say of samples holds for batches.
  static Sampler batches(std::span<const std::vector<SampleId>> batches);

  /// Each sample once, none further than `window` positions from its place in the dataset: for data that must be read
  /// nearly in order.
  static Sampler window_shuffle(std::uint64_t window);

  /// This order over and over, cut into epochs of `length` samples: each pass begins where the epoch before left off.
  /// Of sequential, random, subset, order and window_shuffle.
  Sampler repeat(std::uint64_t length) const;

  /// What it does, with a fingerprint of its table: equal for equal orders. "subset(shuffle=true,
  /// table=0123456789abcdef)"
  const std::string& description() const noexcept;

  const SamplerSpec& spec() const noexcept { return *spec_; }

 private:
  explicit Sampler(SamplerSpec spec);
  std::shared_ptr<const SamplerSpec> spec_;
};

}  // namespace slabring
