#include "augment/op_tree.hpp"

#include <fmt/format.h>

#include "augment/parameters.hpp"

namespace slabring {

OpTree::OpTree(const std::vector<Transform>& transforms) {
  for (const Transform& transform : transforms) {
    const std::string position = std::to_string(nodes_.size());
    nodes_.push_back({&transform, position, fmt::format("transform {}, {}", position, op_name(transform))});
  }
}

}  // namespace slabring
