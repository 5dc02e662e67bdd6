#pragma once

#include <cstddef>
#include <cstdint>

#include "augment/axis_filter.hpp"
#include "augment/row_filter.hpp"

namespace slabring {

// The two passes of a resampling: sums of 8-bit pixels times fixed-point weights, rounded and clamped to 8 bits after
// each pass, as Pillow does it. The results are the same with every instruction set (see kernel_target.hpp).

/// Rows that resample_rows() takes at once, so that a table entry is loaded for all of them.
inline constexpr int rows_at_once = 4;
/// resample_rows() reads up to this many bytes after the end of a row (their values do not matter) and writes up to
/// this many after the end of its output.
inline constexpr int bytes_beyond_row = 16;

/// The horizontal pass: filter.count() pixels of each of `rows_at_once` rows, which begin at the filter's support.
/// Rows may be given twice.
void resample_rows(const std::uint8_t* const* rows, const RowFilter& filter, std::uint8_t* const* out);

/// The vertical pass: output row `y` of `filter` is the weighted sum of 2 * filter.pairs() rows, byte by byte. For an
/// odd number of taps the last row has no weight. `out` lies apart from the rows.
void blend_rows(const std::uint8_t* const* rows, const AxisFilter& filter, int y, std::size_t bytes, std::uint8_t* out);

/// The same in the plainest C++: what the fast ones must equal bit for bit, and what runs where there are none.
namespace plain {

void resample_row(const std::uint8_t* row, int channels, const AxisFilter& filter, int count, std::uint8_t* out);
void blend_rows(const std::uint8_t* const* rows, const AxisFilter& filter, int y, std::size_t bytes, std::uint8_t* out);

}  // namespace plain
}  // namespace slabring
