#include <algorithm>
#include <utility>

#include "augment/op_tree.hpp"
#include "slabring/transform.hpp"

namespace slabring {
namespace {

Pipeline with_normalize(std::vector<Transform> transforms, bool normalize) {
  if (normalize) transforms.emplace_back(Normalize::imagenet());
  return Pipeline(std::move(transforms));
}

bool portable_list(const std::vector<Transform>& transforms) noexcept {
  return std::all_of(transforms.begin(), transforms.end(), [](const Transform& transform) {
    const std::vector<Transform>* inner = list_in(transform);
    return inner == nullptr ? !std::holds_alternative<Lambda>(transform) : portable_list(*inner);
  });
}

}  // namespace

Pipeline Pipeline::train(int size, bool normalize) {
  return with_normalize({RandomResizedCrop(size), RandomHorizontalFlip()}, normalize);
}

Pipeline Pipeline::val(int size, bool normalize) {
  const auto shorter_side = static_cast<int>(std::int64_t{size} * 256 / 224);  // the usual 256 for 224
  return with_normalize({Resize(shorter_side), CenterCrop(size)}, normalize);
}

bool Pipeline::portable() const noexcept { return portable_list(transforms_); }

TransformList::TransformList() noexcept = default;
TransformList::TransformList(std::initializer_list<Transform> transforms) : transforms_(transforms) {}
TransformList::TransformList(std::vector<Transform> transforms) noexcept : transforms_(std::move(transforms)) {}
TransformList::TransformList(const TransformList& other) = default;
TransformList::TransformList(TransformList&& other) noexcept = default;
TransformList& TransformList::operator=(const TransformList& other) = default;
TransformList& TransformList::operator=(TransformList&& other) noexcept = default;
TransformList::~TransformList() = default;

}  // namespace slabring
