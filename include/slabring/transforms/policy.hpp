#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "slabring/export.hpp"
#include "slabring/transforms/geometry.hpp"

namespace slabring {

// Augmentation by learned or drawn policies: shears, translations, rotations and changes of colour, each what the
// transform of that name does to an image of 1 or 3 channels. `interpolation` is nearest, bilinear or bicubic.

/// What AutoAugment was learned on.
enum class AutoAugmentPolicy : std::uint8_t { imagenet, cifar10, svhn };
SLABRING_API std::string_view to_string(AutoAugmentPolicy policy) noexcept;

/// torchvision.transforms.AutoAugment: one of 25 learned pairs of operations.
struct AutoAugment {
  AutoAugmentPolicy policy = AutoAugmentPolicy::imagenet;
  Interpolation interpolation = Interpolation::nearest;
  Fill fill;

  explicit AutoAugment(AutoAugmentPolicy learned = AutoAugmentPolicy::imagenet,
                       Interpolation mode = Interpolation::nearest, Fill colour = 0)
      : policy(learned), interpolation(mode), fill(std::move(colour)) {}
  bool operator==(const AutoAugment&) const = default;
};

/// torchvision.transforms.RandAugment: `num_ops` operations out of 14, all of one magnitude.
struct RandAugment {
  int num_ops = 2;
  int magnitude = 9;  ///< 0 to num_magnitude_bins - 1
  int num_magnitude_bins = 31;
  Interpolation interpolation = Interpolation::nearest;
  Fill fill;

  explicit RandAugment(int ops = 2, int strength = 9, int bins = 31, Interpolation mode = Interpolation::nearest,
                       Fill colour = 0)
      : num_ops(ops), magnitude(strength), num_magnitude_bins(bins), interpolation(mode), fill(std::move(colour)) {}
  bool operator==(const RandAugment&) const = default;
};

/// torchvision.transforms.TrivialAugmentWide: one operation out of 14, of any magnitude.
struct TrivialAugmentWide {
  int num_magnitude_bins = 31;
  Interpolation interpolation = Interpolation::nearest;
  Fill fill;

  explicit TrivialAugmentWide(int bins = 31, Interpolation mode = Interpolation::nearest, Fill colour = 0)
      : num_magnitude_bins(bins), interpolation(mode), fill(std::move(colour)) {}
  bool operator==(const TrivialAugmentWide&) const = default;
};

/// torchvision.transforms.AugMix: the image mixed with `mixture_width` chains of operations on it, in float32 and cut
/// off to 8 bits, as there. The operations are those on PIL images; torchvision uses those on tensors inside AugMix,
/// also for a PIL image, and they differ a little.
struct AugMix {
  int severity = 3;  ///< 1 to 10
  int mixture_width = 3;
  int chain_depth = -1;  ///< 0 or less: drawn, 1 to 3
  double alpha = 1.0;    ///< of the Dirichlet distributions of the weights
  bool all_ops = true;   ///< brightness, contrast, colour and sharpness too
  Interpolation interpolation = Interpolation::bilinear;
  Fill fill;

  explicit AugMix(int strength = 3, int width = 3, int depth = -1, double concentration = 1.0, bool all = true,
                  Interpolation mode = Interpolation::bilinear, Fill colour = 0)
      : severity(strength),
        mixture_width(width),
        chain_depth(depth),
        alpha(concentration),
        all_ops(all),
        interpolation(mode),
        fill(std::move(colour)) {}
  bool operator==(const AugMix&) const = default;
};

}  // namespace slabring
