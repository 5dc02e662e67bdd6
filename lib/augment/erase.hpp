#pragma once

#include <cstddef>

#include "augment/geometry.hpp"
#include "slabring/tensor.hpp"

namespace slabring {

/// Writes the values of an erasure into its rectangle of a row.
void erase(const Erasure& erasure, const RowShape& shape, std::byte* row);

}  // namespace slabring
