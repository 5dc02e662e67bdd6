#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "slabring/transform.hpp"

namespace slabring {

/// A transform of a pipeline. Its number in the tree is the op index of its random numbers.
struct OpNode {
  const Transform* transform;
  std::string position;  ///< "1"
  std::string place;     ///< "transform 1, RandomInvert": for messages
};

/// The transforms of a pipeline in order. Points into `transforms`, which must stay where they are.
class OpTree {
 public:
  explicit OpTree(const std::vector<Transform>& transforms);

  std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(nodes_.size()); }
  const OpNode& node(std::uint32_t index) const noexcept { return nodes_[index]; }

 private:
  std::vector<OpNode> nodes_;
};

}  // namespace slabring
