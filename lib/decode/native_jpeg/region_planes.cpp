#include "decode/native_jpeg/region_planes.hpp"

#include <algorithm>

#include "base/poison.hpp"
#include "decode/native_jpeg/row_kernels.hpp"

namespace slabring::native_jpeg {
namespace {

struct Span {
  int first = 0;
  int end = 0;
};

/// Halved samples that pixels [first, end) come from, along an axis of `length` such samples.
Span halved_samples_of(Span pixels, int length) {
  return {std::max(0, pixels.first / 2 - 1), std::min(length, (pixels.end - 1) / 2 + 2)};
}

Span blocks_of_samples(Span samples, int side) { return {samples.first / side, (samples.end + side - 1) / side}; }

constexpr std::size_t margin = samples_beyond;  // on both sides of a row of samples

std::size_t rounded_up(std::size_t bytes) { return (bytes + 63) / 64 * 64; }

}  // namespace

BlockRange blocks_of(const Grid& grid, int c, const Rect& region) {
  Span columns{region.x, region.right()};
  Span rows{region.y, region.bottom()};
  if (c > 0 && grid.halves_width) columns = halved_samples_of(columns, grid.chroma_width());
  if (c > 0 && grid.halves_height) rows = halved_samples_of(rows, grid.chroma_height());
  const int side = grid.side[static_cast<std::size_t>(c)];
  columns = blocks_of_samples(columns, side);
  rows = blocks_of_samples(rows, side);
  return {columns.first, columns.end, rows.first, rows.end};
}

McuRange mcus_of(const Frame& frame, const Grid& grid, const Rect& region) {
  McuRange range{frame.mcu_columns(), 0, frame.mcu_rows(), 0};
  for (int c = 0; c < frame.components; ++c) {
    const FrameComponent& component = frame.component[static_cast<std::size_t>(c)];
    const BlockRange blocks = blocks_of(grid, c, region);
    const auto up = [](int block, int factor) { return (block + factor - 1) / factor; };
    range.first_column = std::min(range.first_column, blocks.first_column / component.horizontal);
    range.end_column = std::max(range.end_column, up(blocks.end_column, component.horizontal));
    range.first_row = std::min(range.first_row, blocks.first_row / component.vertical);
    range.end_row = std::max(range.end_row, up(blocks.end_row, component.vertical));
  }
  return range;
}

void RegionPlanes::lay_out(const Grid& grid, const Rect& region, Scan& scan) {
  region_ = region;
  grid_ = grid;

  std::size_t total = 0;
  std::size_t begins[max_components] = {};
  for (int c = 0; c < scan.components; ++c) {
    ComponentScan& component = scan.component[static_cast<std::size_t>(c)];
    component.side = grid.side[static_cast<std::size_t>(c)];
    component.kept = blocks_of(grid, c, region);
    const auto side = static_cast<std::size_t>(component.side);
    const auto columns = static_cast<std::size_t>(component.kept.end_column - component.kept.first_column);
    const std::size_t stride = rounded_up(columns * side) + 2 * margin;
    component.stride = static_cast<std::ptrdiff_t>(stride);
    begins[c] = total + margin;
    total += 2 * side * static_cast<std::size_t>(component.vertical) * stride;
  }
  // An upsampled row may begin one sample early, and its last vectors write and are read behind its end.
  const std::size_t row = rounded_up(static_cast<std::size_t>(region.width)) + 3 * samples_beyond;
  const std::size_t all = total + margin + 2 * row;

  unpoison(memory_.data(), memory_.capacity());
  std::uint8_t* memory = memory_.bytes(all);
  poison(memory + all, memory_.capacity() - all);
  for (int c = 0; c < scan.components; ++c) scan.component[static_cast<std::size_t>(c)].samples = memory + begins[c];
  upsampled_[0] = memory + total + margin;
  upsampled_[1] = upsampled_[0] + row;
}

int RegionPlanes::ready_rows(const Scan& scan, int end_row, bool are_all) const {
  if (are_all) return region_.bottom();
  const int rows = end_row * scan.component[0].side * scan.component[0].vertical;
  // The last one needs a row of chroma that comes with the next MCUs.
  return std::min(region_.bottom(), grid_.halves_height ? rows - 1 : rows);
}

/// Samples [columns.first, columns.end) of row y, with the neighbours on both sides.
const std::uint8_t* RegionPlanes::chroma_row(const ComponentScan& component, const Columns& columns, int y) const {
  // The outermost samples of the image are their own neighbours.
  std::uint8_t* first = component.row(y) + columns.first - component.first_sample();
  const int count = columns.end - columns.first;
  if (columns.first == 0) first[-1] = first[0];
  if (columns.end == columns.of_image) first[count] = first[count - 1];
  return first;
}

/// A component's samples for row y of the region; `out` may hold them.
const std::uint8_t* RegionPlanes::upsampled(const ComponentScan& component, int y, std::uint8_t* out) const {
  const int row = grid_.halves_height ? y / 2 : y;
  const bool is_upper = y % 2 == 0;
  const int nearer = is_upper ? std::max(row - 1, 0) : std::min(row + 1, grid_.chroma_height() - 1);
  if (!grid_.halves_width) {
    const std::ptrdiff_t first = region_.x - component.first_sample();
    if (!grid_.halves_height) return component.row(row) + first;
    blend_chroma_rows(component.row(row) + first, component.row(nearer) + first,
                      static_cast<std::size_t>(region_.width), is_upper ? 1 : 2, out);
    return out;
  }
  const Columns columns{region_.x / 2, (region_.right() - 1) / 2 + 1, grid_.chroma_width()};
  const auto count = static_cast<std::size_t>(columns.end - columns.first);
  const std::uint8_t* samples = chroma_row(component, columns, row);
  if (grid_.halves_height) {
    upsample_rows(samples, chroma_row(component, columns, nearer), count, out);
  } else {
    upsample_row(samples, count, out);
  }
  return out + region_.x % 2;
}

void RegionPlanes::write_row(const Scan& scan, int y, std::uint8_t* rgb) {
  const ComponentScan& luma = scan.component[0];
  const std::uint8_t* samples = luma.row(y) + region_.x - luma.first_sample();
  const auto width = static_cast<std::size_t>(region_.width);
  if (scan.components == 1) return grey_to_rgb(samples, width, rgb);
  const std::uint8_t* cb = upsampled(scan.component[1], y, upsampled_[0]);
  const std::uint8_t* cr = upsampled(scan.component[2], y, upsampled_[1]);
  ycc_to_rgb(samples, cb, cr, width, rgb);
}

}  // namespace slabring::native_jpeg
