#pragma once

#include "augment/geometry.hpp"
#include "augment/op_tree.hpp"

namespace slabring {

/// Where the randomness of one sample comes from: epoch_key(seed, epoch, augment) and the sample's id.
struct SampleKey {
  std::uint64_t epoch_key = 0;
  SampleId id{};
};

/// Draws everything that is random in the transforms for one image, in torchvision's order, and lays out in `plan` what
/// they do to it; returns the size that it has then. Which numbers a transform draws depends on nothing but `key` and
/// its own place in the tree. Throws SampleFailure for an image that the transforms cannot be applied to.
Size draw(const OpTree& tree, Size image, const SampleKey& key, SamplePlan& plan);

/// The position in its list of the transform that `op` draws.
std::size_t draw_choice(const RandomChoice& op, RandomStream& random) noexcept;

}  // namespace slabring
