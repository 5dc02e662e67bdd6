#include "augment/geometry.hpp"

#include <fmt/format.h>

#include <algorithm>
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
PixelSpan read_span(int in, int out, int first, int count, Interpolation interpolation) noexcept {
  if (in == out) return {first, first + count};
  return AxisScale{in, out, first, count, interpolation}.support();
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
  const PixelSpan x = read_span(source.width, resized.width, shown.x, shown.width, interpolation);
  const PixelSpan y = read_span(source.height, resized.height, shown.y, shown.height, interpolation);
  return {source.x + x.begin, source.y + y.begin, x.end - x.begin, y.end - y.begin};
}

StagePlanner::StagePlanner(int width, int height, std::vector<SamplePlan::Step>& steps) : steps_(steps) {
  steps_.clear();
  push_stage(width, height);
}

void StagePlanner::push_stage(int width, int height) {
  SamplePlan::Step& step = steps_.emplace_back();
  step.stage.source = {0, 0, width, height};
  step.stage.resized = {height, width};
  step.stage.window = step.stage.source;
}

void StagePlanner::end_stage(int pixel_op) {
  const Size now = size();
  if (std::int64_t{now.width} * now.height > max_stage_pixels) {
    throw SampleFailure(SampleStatus::too_large,
                        fmt::format("between two transforms the image would have {}x{} pixels (height x width), more "
                                    "than {} in all",
                                    now.height, now.width, max_stage_pixels));
  }
  steps_.back().pixel_op = pixel_op;
  push_stage(now.width, now.height);
}

void StagePlanner::crop(const Rect& rect) {
  const GeometryStage& before = stage();
  const int x = before.mirrored ? before.window.width - rect.right() : rect.x;
  const Rect window{before.window.x + x, before.window.y + rect.y, rect.width, rect.height};

  // An earlier crop may have cut off pixels that this window would show again, where zeros are due.
  const Rect shown = intersection(window, whole(before.resized));
  if (shown != intersection(shown, before.window)) {
    end_stage(-1);
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
  // A mirrored, padded or already resampled image has to exist before a filter can read it: the rounding of filter
  // positions is not symmetric, and intermediate pixels are rounded to 8 bits.
  if (stage().resamples() || stage().mirrored || stage().pads()) end_stage(-1);
  stage().resized = size;
  stage().window = whole(size);
  stage().interpolation = interpolation;
}

}  // namespace slabring
