#include "augment/geometry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "augment/axis_filter.hpp"
#include "base/sample_failure.hpp"

namespace slabring {
namespace {

// A resized image is only virtual where a crop follows, but its columns are counted: Resize(256) of the longest JPEG
// (65500 x 1) still passes.
constexpr int max_resized_side = 1 << 24;
// An image between two stages is real memory: as large as the decoder lets through.
constexpr std::int64_t max_stage_pixels = 178'956'970;

Rect whole(const Size& size) noexcept { return {0, 0, size.width, size.height}; }

// One axis of GeometryStage::read_region(), in the source.
PixelSpan read_span(const AxisScale& axis) noexcept {
  if (axis.in == axis.out) return {axis.first, axis.first + axis.count};
  return axis.support();
}

// The pixels of a grid that the image's pixels from `first` on lie in, and where in them.
struct GridSpan {
  int first = 0;
  int count = 0;
  ExactSpan exact;
};

GridSpan span_in_grid(int first, int count, double scale, double image_begin, int grid_size) noexcept {
  const double begin = image_begin + first * scale;
  const double length = count * scale;
  const int whole_begin = static_cast<int>(begin);
  const int whole_end = std::min(static_cast<int>(std::ceil(begin + length)), grid_size);
  return {whole_begin, whole_end - whole_begin, {begin - whole_begin, length}};
}

void check_stage_size(Size size) {
  if (std::int64_t{size.width} * size.height <= max_stage_pixels) return;
  throw SampleFailure(SampleStatus::too_large,
                      fmt::format("between two transforms the image would have {}x{} pixels (height x width), more "
                                  "than {} in all",
                                  size.height, size.width, max_stage_pixels));
}

}  // namespace

Rect intersection(const Rect& a, const Rect& b) noexcept {
  const int x = std::max(a.x, b.x);
  const int y = std::max(a.y, b.y);
  const int width = std::max(0, std::min(a.right(), b.right()) - x);
  const int height = std::max(0, std::min(a.bottom(), b.bottom()) - y);
  if (width == 0 || height == 0) return {x, y, 0, 0};
  return {x, y, width, height};
}

Rect GeometryStage::visible() const noexcept { return intersection(window, whole(resized)); }

Rect GeometryStage::read_region() const noexcept {
  const Rect shown = visible();
  if (shown.width == 0) return {source.x, source.y, 1, 1};  // nothing is read, but a region has a pixel
  const PixelSpan x = read_span(columns());
  const PixelSpan y = read_span(rows());
  return {source.x + x.begin, source.y + y.begin, x.end - x.begin, y.end - y.begin};
}

AxisScale GeometryStage::columns() const noexcept {
  const Rect shown = visible();
  return {source.width, resized.width, shown.x, shown.width, interpolation, exact_x.begin, exact_x.length};
}

AxisScale GeometryStage::rows() const noexcept {
  const Rect shown = visible();
  return {source.height, resized.height, shown.y, shown.height, interpolation, exact_y.begin, exact_y.length};
}

double SamplePlan::least_scale(double margin) const noexcept {
  const GeometryStage& first = steps.front().stage;
  // The nearest filter shows pixels as they are.
  if (!first.resamples() || first.interpolation == Interpolation::nearest) return 1.0;
  return std::min(1.0, margin * std::max(static_cast<double>(first.resized.width) / first.source.width,
                                         static_cast<double>(first.resized.height) / first.source.height));
}

void SamplePlan::move_to(const PixelGrid& grid) noexcept {
  GeometryStage& first = steps.front().stage;
  const GridSpan x = span_in_grid(first.source.x, first.source.width, grid.scale, grid.left, grid.width);
  const GridSpan y = span_in_grid(first.source.y, first.source.height, grid.scale, grid.top, grid.height);
  first.source = {x.first, y.first, x.count, y.count};
  first.exact_x = x.exact;
  first.exact_y = y.exact;
  source_region = first.read_region();
}

StagePlanner::StagePlanner(int width, int height, SamplePlan& plan) : plan_(plan), input_(height, width) {
  plan_.steps.clear();
  plan_.ops.clear();
  push_stage(input_);
}

void StagePlanner::push_stage(Size size) {
  GeometryStage& stage = plan_.steps.emplace_back().stage;
  stage.source = whole(size);
  stage.resized = size;
  stage.window = stage.source;
  input_ = size;
}

bool StagePlanner::stage_changes_something() const noexcept {
  const GeometryStage& now = stage();
  return now.source != whole(input_) || now.resized != input_ || now.window != whole(input_) || now.mirrored ||
         now.flipped;
}

void StagePlanner::end_stage() {
  check_stage_size(size());
  plan_.steps.back().ops_end = plan_.ops.size();
  push_stage(size());
}

void StagePlanner::apply(const ImageOp& op, Size after) {
  check_stage_size(after);
  if (plan_.steps.size() == 1 || stage_changes_something()) end_stage();
  plan_.ops.push_back(op);
  plan_.steps.pop_back();
  plan_.steps.back().ops_end = plan_.ops.size();
  push_stage(after);
}

void StagePlanner::crop(const Rect& rect) {
  const GeometryStage& before = stage();
  const int x = before.mirrored ? before.window.width - rect.right() : rect.x;
  const int y = before.flipped ? before.window.height - rect.bottom() : rect.y;
  const Rect window{before.window.x + x, before.window.y + y, rect.width, rect.height};

  // An earlier crop may have cut off pixels that this window would show again, where zeros are due.
  const Rect shown = intersection(window, whole(before.resized));
  if (shown != intersection(shown, before.window)) {
    end_stage();
    stage().window = rect;
  } else {
    stage().window = window;
  }
  keep_visible_source();
}

// Where nothing is resampled, the source shrinks to what the window shows, so that later operations may build on it.
void StagePlanner::keep_visible_source() {
  GeometryStage& now = stage();
  const Rect shown = now.visible();
  if (shown.width == 0) {  // all padding, and still so beside a source of one pixel
    now.source = {now.source.x, now.source.y, 1, 1};
    now.resized = {1, 1};
  } else if (!now.resamples()) {
    now.source = {now.source.x + shown.x, now.source.y + shown.y, shown.width, shown.height};
    now.resized = {shown.height, shown.width};
    now.window.x -= shown.x;
    now.window.y -= shown.y;
  }
}

void StagePlanner::resize(Size size, Interpolation interpolation) {
  if (size == this->size()) return;  // Pillow returns a copy
  if (size.width > max_resized_side || size.height > max_resized_side) {
    throw SampleFailure(SampleStatus::too_large,
                        fmt::format("resizing would make it {}x{} pixels (height x width), more than {} a side",
                                    size.height, size.width, max_resized_side));
  }
  // A mirrored, flipped, padded or already resampled image has to exist before a filter can read it: the rounding of
  // filter positions is not symmetric, and intermediate pixels are rounded to 8 bits.
  const GeometryStage& now = stage();
  if (now.resamples() || now.mirrored || now.flipped || now.pads()) end_stage();
  stage().resized = size;
  stage().window = whole(size);
  stage().interpolation = interpolation;
}

}  // namespace slabring
