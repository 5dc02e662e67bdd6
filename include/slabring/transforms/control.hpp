#pragma once

#include <initializer_list>
#include <utility>
#include <vector>

#include "slabring/export.hpp"

namespace slabring {

struct Transform;

/// Transforms in a row, as a value: what a transform of transforms holds.
class SLABRING_API TransformList {
 public:
  TransformList() noexcept;
  TransformList(std::initializer_list<Transform> transforms);
  explicit TransformList(std::vector<Transform> transforms) noexcept;
  TransformList(const TransformList& other);
  TransformList(TransformList&& other) noexcept;
  TransformList& operator=(const TransformList& other);
  TransformList& operator=(TransformList&& other) noexcept;
  ~TransformList();

  const std::vector<Transform>& items() const noexcept { return transforms_; }

 private:
  std::vector<Transform> transforms_;  // of a type that is complete where the members are defined
};

// Anything may stand in these lists but Normalize and RandomErasing, and MixUp and CutMix but for a RandomChoice of
// them. Images must come out with the same number of channels whatever is drawn; if their size then depends on it, a
// crop or resize must follow.

/// torchvision.transforms.RandomApply: all of them in order, or none.
struct RandomApply {
  TransformList transforms;
  double p = 0.5;
  explicit RandomApply(TransformList list, double probability = 0.5) : transforms(std::move(list)), p(probability) {}
};

/// torchvision.transforms.RandomChoice: one of them.
struct RandomChoice {
  TransformList transforms;
  std::vector<double> p;  ///< weights, which need not add up to 1; none: all alike
  explicit RandomChoice(TransformList list, std::vector<double> weights = {})
      : transforms(std::move(list)), p(std::move(weights)) {}
};

/// torchvision.transforms.RandomOrder: all of them, in a random order.
struct RandomOrder {
  TransformList transforms;
  explicit RandomOrder(TransformList list) : transforms(std::move(list)) {}
};

}  // namespace slabring
