#include "plan/epoch_order.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/portable_math.hpp"
#include "base/random.hpp"
#include "plan/permutation.hpp"
#include "slabring/transform.hpp"

namespace slabring {
namespace {

/// Keeps the blocks that samplers draw apart from those that a Permutation makes its keys of, under one key.
enum class DrawOp : std::uint32_t { sample = 1, exponential, class_pass, block_offset, block };

std::uint64_t derived(std::uint64_t key, std::uint64_t number, DrawOp op) noexcept {
  return random_block(key, number, static_cast<std::uint32_t>(op), 0)[0];
}

/// The key of an epoch's order, made once an epoch.
class EpochKey {
 public:
  explicit EpochKey(std::uint64_t seed) noexcept : seed_(seed), key_(of(0)) {}
  /// True when the epoch is another than the last time.
  bool enter(std::uint64_t epoch) noexcept {
    if (epoch == epoch_) return false;
    epoch_ = epoch;
    key_ = of(epoch);
    return true;
  }
  std::uint64_t value() const noexcept { return key_; }

 private:
  std::uint64_t of(std::uint64_t epoch) const noexcept { return epoch_key(seed_, epoch, RandomPurpose::order); }
  std::uint64_t seed_;
  std::uint64_t epoch_ = 0;
  std::uint64_t key_;
};

/// A permutation of 0 .. n-1, another one each epoch.
class EpochPermutation {
 public:
  EpochPermutation(std::uint64_t n, std::uint64_t seed) noexcept : n_(n), key_(seed), order_(n, key_.value()) {}
  std::uint64_t at(std::uint64_t epoch, std::uint64_t position) noexcept {
    if (key_.enter(epoch)) order_ = Permutation(n_, key_.value());
    return order_(position);
  }
  std::uint64_t size() const noexcept { return n_; }

 private:
  std::uint64_t n_;
  EpochKey key_;
  Permutation order_;
};

class Sequential final : public EpochOrder {
 public:
  explicit Sequential(std::uint64_t samples) noexcept : samples_(samples) {}
  std::uint64_t positions() const noexcept override { return samples_; }
  PlannedSample at(std::uint64_t /*epoch*/, std::uint64_t position) noexcept override {
    return {SampleId{position}, 0};
  }

 private:
  std::uint64_t samples_;
};

class Random final : public EpochOrder {
 public:
  Random(std::uint64_t samples, std::uint64_t seed) noexcept : order_(samples, seed) {}
  std::uint64_t positions() const noexcept override { return order_.size(); }
  PlannedSample at(std::uint64_t epoch, std::uint64_t position) noexcept override {
    return {SampleId{order_.at(epoch, position)}, 0};
  }

 private:
  EpochPermutation order_;
};

class WithReplacement final : public EpochOrder {
 public:
  WithReplacement(std::uint64_t samples, std::uint64_t draws, std::uint64_t seed) noexcept
      : samples_(samples), draws_(draws), key_(seed) {}
  std::uint64_t positions() const noexcept override { return draws_; }
  PlannedSample at(std::uint64_t epoch, std::uint64_t position) noexcept override {
    key_.enter(epoch);
    RandomStream random(key_.value(), SampleId{position}, static_cast<std::uint32_t>(DrawOp::sample));
    return {SampleId{random.below(samples_)}, position + 1};
  }

 private:
  std::uint64_t samples_;
  std::uint64_t draws_;
  EpochKey key_;
};

class Weighted final : public EpochOrder {
 public:
  Weighted(const SamplerSpec& spec, std::uint64_t seed) noexcept
      : columns_(spec.columns), draws_(spec.draws), key_(seed) {}
  std::uint64_t positions() const noexcept override { return draws_; }
  PlannedSample at(std::uint64_t epoch, std::uint64_t position) noexcept override {
    key_.enter(epoch);
    RandomStream random(key_.value(), SampleId{position}, static_cast<std::uint32_t>(DrawOp::sample));
    const std::uint64_t drawn = random.below(columns_.size());
    const AliasColumn column = columns_[drawn];
    return {SampleId{random.uniform() < column.keep ? drawn : column.alias}, position + 1};
  }

 private:
  SharedArray<AliasColumn> columns_;
  std::uint64_t draws_;
  EpochKey key_;
};

/// Exponential times at which the samples of one epoch arrive, each with its weight as the rate, sorted as far as
/// anybody has asked. Allocates nothing once it is made: it may be in Batch::release().
class Arrivals {
 public:
  /// Requires: `weights` outlives this object.
  Arrivals(const SharedArray<double>& weights, std::uint64_t seed) : weights_(weights), seed_(seed) {
    for (std::uint64_t id = 0; id < weights.size(); ++id) {
      if (weights[id] > 0) all_.emplace_back(0.0, id);
    }
    ends_.reserve(2 * 64);  // each time what is to be sorted is a quarter of what it was
    begin(0);
  }

  std::uint64_t epoch() const noexcept { return epoch_; }
  std::uint64_t size() const noexcept { return all_.size(); }

  /// Requires: both are of the same weights and seed.
  void swap(Arrivals& other) noexcept {
    std::swap(epoch_, other.epoch_);
    std::swap(key_, other.key_);
    all_.swap(other.all_);
    std::swap(drawn_, other.drawn_);
    std::swap(sorted_, other.sorted_);
    ends_.swap(other.ends_);
  }

  void begin(std::uint64_t epoch) noexcept {
    epoch_ = epoch;
    key_ = epoch_key(seed_, epoch, RandomPurpose::order);
    drawn_ = 0;
    sorted_ = 0;
    ends_.assign(1, all_.size());
  }

  /// Draws times until there are `count`, in whatever order the samples stand.
  void draw(std::uint64_t count) noexcept {
    for (count = std::min<std::uint64_t>(count, all_.size()); drawn_ < count; ++drawn_) {
      auto& [time, id] = all_[drawn_];
      const std::uint64_t bits = derived(key_, id, DrawOp::exponential);
      const double uniform = (static_cast<double>(bits >> 11) + 0.5) * 0x1p-53;  // neither 0 nor 1
      time = -portable::log(uniform) / weights_[id];
    }
  }

  /// The sample that arrives at this place. Requires: all times are drawn, place < size().
  std::uint64_t operator[](std::uint64_t place) noexcept {
    while (place >= sorted_) sort_more();
    return all_[place].second;
  }

 private:
  /// Quicksort that leaves the later parts for later: ends_ are where they end, the nearest one last.
  void sort_more() noexcept {
    constexpr std::uint64_t few = 1024;
    const auto at = [this](std::uint64_t place) { return all_.begin() + static_cast<std::ptrdiff_t>(place); };
    while (ends_.back() - sorted_ > few) {
      const std::uint64_t part = sorted_ + (ends_.back() - sorted_) / 4;
      std::nth_element(at(sorted_), at(part), at(ends_.back()));
      ends_.push_back(part);
    }
    std::sort(at(sorted_), at(ends_.back()));
    sorted_ = ends_.back();
    ends_.pop_back();
  }

  const SharedArray<double>& weights_;
  std::uint64_t seed_;
  std::uint64_t epoch_ = 0;
  std::uint64_t key_ = 0;
  std::vector<std::pair<double, std::uint64_t>> all_;  ///< time and sample
  std::uint64_t drawn_ = 0;
  std::uint64_t sorted_ = 0;
  std::vector<std::uint64_t> ends_;
};

/// Efraimidis and Spirakis, "Weighted random sampling with a reservoir" (2006): each sample waits for an exponential
/// time whose rate is its weight; those that come first are drawn, in this order.
///
/// To draw and sort all times when an epoch begins held a Batch::release() up for 250 ms a million samples. So the
/// times of the next epoch are drawn while this one is walked through, a few at each position, and they are sorted
/// piece by piece: 20 ms are left (plan_bench, EpochBeginsWeightedOnce).
class WeightedWithoutReplacement final : public EpochOrder {
 public:
  WeightedWithoutReplacement(const SamplerSpec& spec, std::uint64_t seed)
      : weights_(spec.weights), draws_(spec.draws), now_(weights_, seed), next_(weights_, seed) {
    now_.draw(now_.size());
    next_.begin(1);
    times_a_position_ = (now_.size() + draws_ - 1) / draws_;
  }
  WeightedWithoutReplacement(const WeightedWithoutReplacement&) = delete;
  WeightedWithoutReplacement& operator=(const WeightedWithoutReplacement&) = delete;

  std::uint64_t positions() const noexcept override { return draws_; }
  PlannedSample at(std::uint64_t epoch, std::uint64_t position) noexcept override {
    if (epoch != now_.epoch()) enter(epoch);
    next_.draw((position + 1) * times_a_position_);
    return {SampleId{now_[position]}, 0};
  }

 private:
  void enter(std::uint64_t epoch) noexcept {
    if (next_.epoch() != epoch) next_.begin(epoch);
    next_.draw(next_.size());
    now_.swap(next_);
    next_.begin(epoch + 1);
  }

  SharedArray<double> weights_;
  std::uint64_t draws_;
  std::uint64_t times_a_position_ = 1;
  Arrivals now_;
  Arrivals next_;
};

/// Positions are permuted, and then dealt to the classes in turn, so each gets as many to within one; the k-th draw of
/// a class is the k-th of its samples in permuted order, and after all of them they are permuted again.
class ClassBalanced final : public EpochOrder {
 public:
  ClassBalanced(const SamplerSpec& spec, std::uint64_t seed) noexcept
      : ids_(spec.ids), starts_(spec.starts), key_(seed), turns_(spec.draws, seed) {}
  std::uint64_t positions() const noexcept override { return turns_.size(); }
  PlannedSample at(std::uint64_t epoch, std::uint64_t position) noexcept override {
    key_.enter(epoch);
    const std::uint64_t classes = starts_.size() - 1;
    const std::uint64_t turn = turns_.at(epoch, position);
    // Another class begins each epoch, so that none is always the one with a draw less.
    const std::uint64_t chosen = (turn % classes + key_.value() % classes) % classes;
    const std::uint64_t members = starts_[chosen + 1] - starts_[chosen];
    const std::uint64_t pass = turn / classes / members;
    const std::uint64_t pass_key = derived(derived(key_.value(), chosen, DrawOp::class_pass), pass, DrawOp::class_pass);
    const std::uint64_t member = members == 1 ? 0 : Permutation(members, pass_key)(turn / classes % members);
    return {SampleId{ids_[starts_[chosen] + member]}, pass};
  }

 private:
  SharedArray<std::uint64_t> ids_;
  SharedArray<std::uint64_t> starts_;
  EpochKey key_;
  EpochPermutation turns_;
};

/// Subset, order and batches: what a table says, as it stands or permuted.
class Listed final : public EpochOrder {
 public:
  Listed(const SamplerSpec& spec, std::uint64_t seed) noexcept : ids_(spec.ids), occurrences_(spec.occurrences) {
    if (spec.shuffle) order_.emplace(ids_.size(), seed);
  }
  std::uint64_t positions() const noexcept override { return ids_.size(); }
  PlannedSample at(std::uint64_t epoch, std::uint64_t position) noexcept override {
    const std::uint64_t entry = order_ ? order_->at(epoch, position) : position;
    return {SampleId{ids_[entry]}, occurrences_.empty() ? 0 : occurrences_[entry]};
  }

 private:
  SharedArray<std::uint64_t> ids_;
  SharedArray<std::uint32_t> occurrences_;
  std::optional<EpochPermutation> order_;
};

/// Two layers of blocks, each permuted in itself; those of the second lie across the borders of the first, and both
/// lie elsewhere each epoch. A sample moves by less than a block in each layer.
class WindowShuffle final : public EpochOrder {
 public:
  WindowShuffle(std::uint64_t samples, std::uint64_t window, std::uint64_t seed) noexcept
      : samples_(samples), block_(std::min(window, samples) / 2 + 1), key_(seed) {}
  std::uint64_t positions() const noexcept override { return samples_; }
  PlannedSample at(std::uint64_t epoch, std::uint64_t position) noexcept override {
    key_.enter(epoch);
    const std::uint64_t offset = derived(key_.value(), 0, DrawOp::block_offset) % block_;
    const std::uint64_t half = (offset + block_ / 2) % block_;
    return {SampleId{within_block(within_block(position, offset, 0), half, 1)}, 0};
  }

 private:
  /// Blocks begin at 0, offset, offset + block_, ...
  std::uint64_t within_block(std::uint64_t position, std::uint64_t offset, std::uint64_t layer) const noexcept {
    const std::uint64_t number = (position + block_ - offset) / block_;
    const std::uint64_t begin = number == 0 ? 0 : offset + (number - 1) * block_;
    const std::uint64_t size = std::min(offset + number * block_, samples_) - begin;
    if (size == 1) return position;
    const Permutation order(size, derived(key_.value(), 2 * number + layer, DrawOp::block));
    return begin + order(position - begin);
  }

  std::uint64_t samples_;
  std::uint64_t block_;
  EpochKey key_;
};

/// Epoch e is positions e * length and on of all passes over another order, one after the other.
class Repeated final : public EpochOrder {
 public:
  Repeated(std::unique_ptr<EpochOrder> pass, std::uint64_t length) noexcept : pass_(std::move(pass)), length_(length) {}
  std::uint64_t positions() const noexcept override { return length_; }
  PlannedSample at(std::uint64_t epoch, std::uint64_t position) noexcept override {
    __extension__ using Wide = unsigned __int128;
    const std::uint64_t samples = pass_->positions();
    const Wide begin = static_cast<Wide>(epoch) * length_;
    const Wide at = begin + position;
    PlannedSample sample =
        pass_->at(static_cast<std::uint64_t>(at / samples), static_cast<std::uint64_t>(at % samples));
    // Passes count from the epoch's first one: with one pass an epoch everything is as it is without repeat.
    sample.occurrence |= static_cast<std::uint64_t>(at / samples - begin / samples) << 32;
    return sample;
  }

 private:
  std::unique_ptr<EpochOrder> pass_;
  std::uint64_t length_;
};

std::unique_ptr<EpochOrder> make_pass(const SamplerSpec& spec, std::uint64_t samples, std::uint64_t seed) {
  switch (spec.kind) {
    case SamplerKind::sequential: return std::make_unique<Sequential>(samples);
    case SamplerKind::random: return std::make_unique<Random>(samples, seed);
    case SamplerKind::with_replacement:
      return std::make_unique<WithReplacement>(samples, spec.draws != 0 ? spec.draws : samples, seed);
    case SamplerKind::weighted:
      if (spec.replacement) return std::make_unique<Weighted>(spec, seed);
      return std::make_unique<WeightedWithoutReplacement>(spec, seed);
    case SamplerKind::class_balanced: return std::make_unique<ClassBalanced>(spec, seed);
    case SamplerKind::subset:
    case SamplerKind::order:
    case SamplerKind::batches: return std::make_unique<Listed>(spec, seed);
    case SamplerKind::window_shuffle: return std::make_unique<WindowShuffle>(samples, spec.window, seed);
  }
  return nullptr;
}

}  // namespace

std::unique_ptr<EpochOrder> make_epoch_order(const SamplerSpec& spec, std::uint64_t samples, std::uint64_t seed) {
  auto pass = make_pass(spec, samples, seed);
  if (spec.length == 0) return pass;
  return std::make_unique<Repeated>(std::move(pass), spec.length);
}

}  // namespace slabring
