#pragma once

#include <cstddef>
#include <cstdint>

#include "augment/axis_filter.hpp"

namespace slabring {

/// The two passes of a resampling, in plain C++: what every faster version is compared with. Sums of 8-bit pixels times
/// fixed-point weights, rounded and clamped to 8 bits after each pass, as Pillow does it.

/// One row: `count` output pixels of `channels` interleaved bytes. `source` is the first pixel of the filter's support.
/// Requires: channels is 1 to 4.
void resample_row(const std::uint8_t* source, int channels, const AxisFilter& filter, int count, std::uint8_t* out);

/// The weighted sum of `taps` rows, byte by byte.
void blend_rows(const std::uint8_t* const* rows, const std::int32_t* weights, int taps, std::size_t bytes,
                std::uint8_t* out);

}  // namespace slabring
