#include "augment/op_tree.hpp"

#include <fmt/format.h>

#include "augment/parameters.hpp"

namespace slabring {

const std::vector<Transform>* list_in(const Transform& transform) noexcept {
  const auto list = [](const auto& op) -> const std::vector<Transform>* {
    if constexpr (requires { op.transforms.items(); }) {
      return &op.transforms.items();
    } else {
      return nullptr;
    }
  };
  return std::visit(list, transform);
}

OpTree::OpTree(const std::vector<Transform>& transforms) { add(transforms, ""); }

void OpTree::add(const std::vector<Transform>& transforms, const std::string& before) {
  for (std::size_t i = 0; i < transforms.size(); ++i) {
    const std::size_t index = nodes_.size();
    const std::string position = fmt::format("{}{}", before, i);
    nodes_.push_back({&transforms[i], position, fmt::format("transform {}, {}", position, op_name(transforms[i])), 0});
    if (const auto* inner = list_in(transforms[i])) add(*inner, position + ".");
    nodes_[index].end = size();
  }
}

}  // namespace slabring
