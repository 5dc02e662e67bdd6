#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "augment/plugin.hpp"
#include "slabring/transform.hpp"

namespace slabring {

/// The transforms that a transform holds; null: it is none of those that hold any.
const std::vector<Transform>* list_in(const Transform& transform) noexcept;

/// A transform of a pipeline, or of a list in it. Its number in the tree is the op index of its random numbers.
struct OpNode {
  const Transform* transform;
  std::string position;           ///< "1", or "1.0" for the first in the list of transform 1
  std::string place;              ///< "transform 1, RandomInvert": for messages
  const ImageFunction* function;  ///< of a Lambda or Plugin; null: it is neither
  std::uint32_t end;              ///< behind the last node that it holds; the first stands right behind itself
};

/// The transforms of a pipeline in order, those that stand in lists behind the one that holds the list. Points into
/// `transforms`, which must stay where they are.
class OpTree {
 public:
  /// Throws Error(pipeline) when a plug-in cannot be loaded.
  explicit OpTree(const std::vector<Transform>& transforms);

  std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(nodes_.size()); }
  const OpNode& node(std::uint32_t index) const noexcept { return nodes_[index]; }
  /// The number of the next node of the same list.
  std::uint32_t next(std::uint32_t index) const noexcept { return nodes_[index].end; }

 private:
  const ImageFunction* function_of(const Transform& transform, const std::string& place);
  void add(const std::vector<Transform>& transforms, const std::string& before);

  std::vector<OpNode> nodes_;
  std::deque<ImageFunction> plugins_;  // stay where they are
};

}  // namespace slabring
