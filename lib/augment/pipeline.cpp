#include <algorithm>
#include <utility>

#include "slabring/transform.hpp"

namespace slabring {
namespace {

Pipeline with_normalize(std::vector<Transform> transforms, bool normalize) {
  if (normalize) transforms.emplace_back(Normalize::imagenet());
  return Pipeline(std::move(transforms));
}

}  // namespace

Pipeline Pipeline::train(int size, bool normalize) {
  return with_normalize({RandomResizedCrop(size), RandomHorizontalFlip()}, normalize);
}

Pipeline Pipeline::val(int size, bool normalize) {
  const auto shorter_side = static_cast<int>(std::int64_t{size} * 256 / 224);  // the usual 256 for 224
  return with_normalize({Resize(shorter_side), CenterCrop(size)}, normalize);
}

bool Pipeline::portable() const noexcept {
  return std::none_of(transforms_.begin(), transforms_.end(),
                      [](const Transform& transform) { return std::holds_alternative<Lambda>(transform); });
}

}  // namespace slabring
