#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "slabring/combine.hpp"
#include "slabring/dataset.hpp"
#include "slabring/export.hpp"

namespace slabring {

/// What can be said of a sample without its pixels: what a filter decides by. Each thing is looked up when it is asked
/// for. Must not outlive its dataset.
class SLABRING_API SampleFacts {
 public:
  /// Requires: to_index(id) < dataset.size().
  SampleFacts(const Dataset& dataset, SampleId id) noexcept : dataset_(&dataset), id_(id) {}

  SampleId id() const noexcept { return id_; }
  /// Reads the sample where its kind does not know the label otherwise. Throws what Dataset::load() throws.
  std::int64_t label() const;
  /// That of the label; empty when the label has none.
  std::string_view class_name() const;
  /// Its path, or what it is called in its file: the key in a tar shard, the name in a pack.
  std::string name() const;

  /// label() or class_name() threw.
  bool unreadable() const noexcept { return unreadable_; }

 private:
  const Dataset* dataset_;
  SampleId id_;
  mutable bool unreadable_ = false;
};

using SamplePredicate = std::function<bool(const SampleFacts& sample)>;

/// What a rule compares.
enum class FilterBy : std::uint8_t { label, class_name, name };

/// A predicate in words. A sample passes when it is one of `any_of`, or with `negated` when it is none of them:
///
/// - FilterBy::label: "3", or "0..9" for a range with both its ends;
/// - FilterBy::class_name: patterns as the shell's, with * ? and [abc];
/// - FilterBy::name: the same, compared with as many parts of the name, from its end, as the pattern has: "*.png",
///   "cat/0*". A * does not go beyond a slash; a pattern that begins with one is compared with the whole.
struct FilterRule {
  FilterBy by = FilterBy::label;
  std::vector<std::string> any_of;
  bool negated = false;
};

/// The samples of `whole` for which `keep` is true, in its order; asks for each of them once, now, in this thread.
///
/// A sample whose label cannot be read stays, so that it becomes the fault that it is; anything else that `keep` throws
/// is passed on. Throws Error(dataset) when no sample is left.
SLABRING_API std::unique_ptr<Subset> filter(const SharedDataset& whole, const SamplePredicate& keep);

/// The samples that pass all of `rules`. Throws Error(invalid_argument) for a rule that cannot be understood, and
/// Error(dataset) when no sample is left, or a pattern is like none of the class names.
SLABRING_API std::unique_ptr<Subset> filter(const SharedDataset& whole, std::span<const FilterRule> rules);

}  // namespace slabring
