#pragma once

#include <cstddef>

#include "slabring/tensor.hpp"

namespace slabring {

// What happens to the values of a sample that is an array. Values need no alignment, rows are aligned for their type.
// Conversions are numpy's astype(): the nearest, ties to even; too large for a half is infinite. Integers of 64 bits
// become f16 and bf16 by way of f64.

/// True when every value of `from` has a place in `to`: fractions take anything, rounded to the nearest; integers take
/// integers of types whose range they hold.
bool can_convert(DType from, DType to) noexcept;

using ConvertValues = void(const std::byte* values, std::size_t count, std::byte* row);
/// Null: the types are the same, or !can_convert().
ConvertValues* conversion(DType from, DType to) noexcept;

/// (value - mean) / (deviation + epsilon), computed in float64, two sums over the values first.
using StandardizeValues = void(const std::byte* values, std::size_t count, double epsilon, std::byte* row);
/// Null: `to` is an integer.
StandardizeValues* standardization(DType from, DType to) noexcept;

}  // namespace slabring
