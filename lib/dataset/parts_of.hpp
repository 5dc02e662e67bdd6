#pragma once

#include <span>
#include <vector>

#include "slabring/combine.hpp"

namespace slabring {

/// What a combination is made of; none when it is no combination.
std::vector<const Dataset*> parts_of(const Dataset& dataset);

}  // namespace slabring
