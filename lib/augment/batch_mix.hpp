#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "augment/op_tree.hpp"
#include "base/rect.hpp"
#include "slabring/tensor.hpp"

namespace slabring {

/// What one batch's rows have in common when they are mixed.
struct MixDraw {
  bool pastes = false;  ///< CutMix: `box` of the partner; else a weighted sum
  float lambda = 1.0F;  ///< the share of the row itself, and of its label
  double weight = 1.0;  ///< the same before it is rounded
  Rect box;
};

/// The MixUp or CutMix at the end of a pipeline, or the RandomChoice of them: mixes finished rows of a batch.
///
/// Immutable and thread-safe. A mixed row is a function of two rows that are not, and of (seed, epoch, batch): whoever
/// makes it, it is the same.
class BatchMix {
 public:
  /// Nothing: no transform of the pipeline mixes batches. Throws Error(pipeline) where one cannot stand as it does.
  /// `tree` must outlive it.
  static std::optional<BatchMix> in(const OpTree& tree);
  /// True for MixUp, CutMix, and a RandomChoice of nothing else.
  static bool mixes(const OpTree& tree, std::uint32_t index) noexcept;

  int classes() const noexcept { return classes_; }
  /// "MixUp", for messages.
  std::string_view name() const noexcept;

  /// `key`: epoch_key(seed, epoch, mix); `batch`: its number in the epoch.
  MixDraw draw(std::uint64_t key, std::uint64_t batch, const RowShape& shape) const noexcept;

 private:
  BatchMix(const OpTree& tree, std::uint32_t index, int classes) noexcept
      : tree_(&tree), index_(index), classes_(classes) {}

  const OpTree* tree_;
  std::uint32_t index_;  // in the tree
  int classes_;
};

/// Writes `own` mixed with `partner` into `row`; all three are whole rows of `shape`, aligned for its elements, and do
/// not overlap.
void mix_rows(const MixDraw& draw, const RowShape& shape, const std::byte* own, const std::byte* partner,
              std::byte* row) noexcept;

}  // namespace slabring
