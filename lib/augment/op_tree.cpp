#include "augment/op_tree.hpp"

#include <fmt/format.h>

#include <utility>

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

const ImageFunction* OpTree::function_of(const Transform& transform, const std::string& place) {
  if (const auto* lambda = std::get_if<Lambda>(&transform)) return &lambda->apply;
  if (const auto* plugin = std::get_if<Plugin>(&transform)) return &plugins_.emplace_back(load_plugin(*plugin, place));
  return nullptr;
}

void OpTree::add(const std::vector<Transform>& transforms, const std::string& before) {
  for (std::size_t i = 0; i < transforms.size(); ++i) {
    const std::size_t index = nodes_.size();
    const std::string position = fmt::format("{}{}", before, i);
    std::string place = fmt::format("transform {}, {}", position, op_name(transforms[i]));
    const ImageFunction* const function = function_of(transforms[i], place);
    nodes_.push_back({&transforms[i], position, std::move(place), function, 0});
    if (const auto* inner = list_in(transforms[i])) add(*inner, position + ".");
    nodes_[index].end = size();
  }
}

}  // namespace slabring
