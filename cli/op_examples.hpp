#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "slabring/transform.hpp"

namespace slabring::cli {

/// A transform with parameters that show what it does.
struct OpExample {
  std::string caption;  ///< the transform's name, and what tells several of one name apart
  Transform transform;
};

/// One or more of every transform that a pipeline file may name, in the order of their list.
std::vector<OpExample> op_examples();

}  // namespace slabring::cli
