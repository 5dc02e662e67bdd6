#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "slabring/transform.hpp"

namespace slabring {

/// The operations of torchvision's policies (autoaugment._apply_op) and how strong they are: pure tables and
/// arithmetic.

enum class PolicyOp : std::uint8_t {
  identity,
  shear_x,
  shear_y,
  translate_x,
  translate_y,
  rotate,
  brightness,
  color,
  contrast,
  sharpness,
  posterize,
  solarize,
  autocontrast,
  equalize,
  invert,
};

/// One of the two operations of an AutoAugment policy.
struct LearnedOp {
  PolicyOp op;
  double probability;
  int magnitude;  ///< of 10; without meaning where the operation has none
};
using LearnedPair = std::array<LearnedOp, 2>;

std::span<const LearnedPair, 25> learned_pairs(AutoAugmentPolicy policy) noexcept;

/// The operations that are drawn from, in torchvision's order.
std::span<const PolicyOp> random_ops() noexcept;  ///< RandAugment and TrivialAugmentWide
std::span<const PolicyOp> augmix_ops(bool all_ops) noexcept;

/// How far each operation reaches; the parameters of torchvision's _augmentation_space.
struct MagnitudeSpace {
  double shear = 0.3;
  double translate_x = 0.0;  ///< pixels
  double translate_y = 0.0;
  double rotate = 30.0;
  double enhance = 0.9;
  int posterize_from = 8;
  int posterize_by = 4;
  int bins = 10;
};
MagnitudeSpace auto_augment_space(Size image, int bins) noexcept;  ///< RandAugment's too
MagnitudeSpace trivial_augment_space(int bins) noexcept;
MagnitudeSpace augmix_space(Size image) noexcept;

bool has_magnitude(PolicyOp op) noexcept;
/// True where the sign is drawn.
bool is_signed(PolicyOp op) noexcept;
/// The value of a bin, 0 to space.bins - 1, in the float32 arithmetic of torch.linspace; 0 for what has no magnitude.
double magnitude(PolicyOp op, const MagnitudeSpace& space, int bin) noexcept;

}  // namespace slabring
