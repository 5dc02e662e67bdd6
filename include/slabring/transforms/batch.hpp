#pragma once

namespace slabring {

// What mixes finished rows of a batch with one another: row i with row i - 1, the first with the last, as torchvision's
// batch.roll(1, 0). One of them may stand at the very end of a pipeline, or a RandomChoice of several, from which each
// batch draws one. Labels become soft: Batch::soft_labels(). Everything drawn is a function of (seed, epoch, batch).

/// torchvision.transforms.v2.MixUp: row * lambda + partner * (1 - lambda), lambda from Beta(alpha, alpha). float32
/// arithmetic, rounded once with dtype f16 and bf16; with u8, which torchvision does not take, to the nearest, halves
/// up.
struct MixUp {
  int num_classes;
  double alpha = 1.0;

  explicit MixUp(int classes, double concentration = 1.0) : num_classes(classes), alpha(concentration) {}
  bool operator==(const MixUp&) const = default;
};

/// torchvision.transforms.v2.CutMix: a rectangle of the partner is pasted over the row; its share of the area is
/// 1 - lambda, lambda from Beta(alpha, alpha), less what lies beyond the border.
struct CutMix {
  int num_classes;
  double alpha = 1.0;

  explicit CutMix(int classes, double concentration = 1.0) : num_classes(classes), alpha(concentration) {}
  bool operator==(const CutMix&) const = default;
};

}  // namespace slabring
