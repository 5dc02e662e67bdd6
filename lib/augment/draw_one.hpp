#pragma once

#include <array>

#include "augment/draw.hpp"
#include "augment/geometry.hpp"
#include "augment/op_tree.hpp"

namespace slabring {

/// A value for each channel, whatever their number.
Colour colour_of(const Fill& fill) noexcept;

/// Adds what one transform does to the image, and to the plan.
struct DrawOne {
  const OpTree& tree;
  std::uint32_t index;
  const SampleKey& key;
  SamplePlan& plan;
  StagePlanner& stages;
  RandomStream random;

  // draw_geometry.cpp
  void operator()(const Resize& op);
  void operator()(const CenterCrop& op);
  void operator()(const RandomResizedCrop& op);
  void operator()(const RandomHorizontalFlip& op);
  void operator()(const RandomVerticalFlip& op);
  void operator()(const Pad& op);
  void operator()(const RandomCrop& op);
  void operator()(const RandomShortestSize& op);
  void operator()(const RandomRotation& op);
  void operator()(const RandomAffine& op);
  void operator()(const RandomPerspective& op);

  // draw_colour.cpp
  void operator()(const ColorJitter& op);
  void operator()(const Grayscale& op);
  void operator()(const RandomGrayscale& op);
  void operator()(const RandomAdjustSharpness& op);
  void operator()(const RandomAutocontrast& op);
  void operator()(const RandomEqualize& op);
  void operator()(const RandomPosterize& op);
  void operator()(const RandomSolarize& op);
  void operator()(const RandomInvert& op);
  void operator()(const GaussianBlur& op);
  void operator()(const JPEG& op);

  // draw_policy.cpp
  void operator()(const AutoAugment& op);
  void operator()(const RandAugment& op);
  void operator()(const TrivialAugmentWide& op);
  void operator()(const AugMix& op);

  // draw.cpp
  void operator()(const RandomApply& op);
  void operator()(const RandomChoice& op);
  void operator()(const RandomOrder& op);
  void operator()(const RandomErasing& op);
  void operator()(const Lambda&);
  void operator()(const Plugin&);
  void call();
  void operator()(const Normalize& op);
  void operator()(const Standardize& op);
  void operator()(const MixUp& op);
  void operator()(const CutMix& op);

  // ---- what they share ----

  bool happens(double p) noexcept { return random.uniform() < p; }
  double uniform(const std::array<double, 2>& range) noexcept { return random.uniform(range[0], range[1]); }
  int below(int bound) noexcept { return static_cast<int>(random.below(static_cast<std::uint64_t>(bound))); }
  void apply_with(double p, const ImageOp& op) {
    if (happens(p)) stages.apply(op);
  }
  /// functional.rotate.
  void rotate(double angle, bool expand, const std::optional<std::array<double, 2>>& center,
              Interpolation interpolation, const Fill& fill);
};

}  // namespace slabring
