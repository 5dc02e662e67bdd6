#pragma once

#include <cstdint>
#include <vector>

#include "augment/image_op.hpp"
#include "base/pixel_grid.hpp"
#include "base/rect.hpp"
#include "slabring/transform.hpp"

namespace slabring {

struct AxisScale;

/// Where the source of a stage lies along one axis when its edges are within pixels: see AxisScale.
struct ExactSpan {
  double begin = 0.0;
  double length = 0.0;
};

/// One resampling with everything that merges into it without changing a pixel: take `source` of the input, resample it
/// to `resized`, keep `window` of that (it may reach beyond: zeros), mirror, turn upside down.
struct GeometryStage {
  Rect source;            ///< in the stage's input; always inside it, never empty
  Size resized{0};        ///< equal to source's size: no resampling
  Rect window;            ///< in the resized image
  bool mirrored = false;  ///< left and right change sides
  bool flipped = false;   ///< top and bottom do
  Interpolation interpolation = Interpolation::bilinear;
  ExactSpan exact_x;  ///< in `source`; only after SamplePlan::move_to
  ExactSpan exact_y;

  bool resamples() const noexcept { return resized.width != source.width || resized.height != source.height; }
  /// The part of the window that shows pixels, in the resized image; empty: all of it is padding.
  Rect visible() const noexcept;
  /// True when the window reaches beyond the resized image.
  bool pads() const noexcept { return visible() != window; }
  /// The part of the stage's input that is read: `source`, or what the filter of the visible part reaches of it.
  Rect read_region() const noexcept;
  /// The resampling of the visible columns, and of the visible rows.
  AxisScale columns() const noexcept;
  AxisScale rows() const noexcept;
};

/// A rectangle of the finished row that is overwritten.
struct Erasure {
  const RandomErasing* op;
  Rect rect;
  RandomStream random;  ///< of the values, where they are random
};

/// What will be done to one image. Reused between samples; const use only after Program::plan.
struct SamplePlan {
  /// A stage, then the operations on its result: those of `ops` from where the step before ended.
  struct Step {
    GeometryStage stage;
    std::size_t ops_end = 0;
  };
  std::vector<Step> steps;   ///< at least one; the last has no operations
  std::vector<ImageOp> ops;  ///< of all steps, one after another
  std::vector<Erasure> erasures;
  Rect source_region;  ///< the part of the image that the first stage reads

  const Rect& region() const noexcept { return source_region; }

  /// The least scale at which the image could be given that still has `margin` times as many pixels as the first stage
  /// makes of them, in each direction; 1 where that stage wants the image's own pixels.
  double least_scale(double margin) const noexcept;
  /// The first stage will be given the pixels of `grid` instead of the image's. Requires: grid.scale is at least
  /// least_scale() of a margin above 1, and below 1.
  void move_to(const PixelGrid& grid) noexcept;
};

/// The common part; width and height are 0 when there is none.
Rect intersection(const Rect& a, const Rect& b) noexcept;

/// Lays out the steps of a plan from operations given one after another, each on the image that the ones before it
/// left. Operations share a stage as long as its pixels stay those of doing them one by one.
///
/// Writes to the plan from the first call on. Throws SampleFailure(too_large) for an image that would not fit into
/// memory, as Pillow would fail on it.
class StagePlanner {
 public:
  /// Requires: width, height > 0.
  StagePlanner(int width, int height, SamplePlan& plan);

  /// The image as it is now.
  Size size() const noexcept { return {stage().window.height, stage().window.width}; }

  /// Keeps `rect`, in coordinates of the image as it is now; what reaches beyond becomes zeros.
  void crop(const Rect& rect);
  void resize(Size size, Interpolation interpolation);
  void mirror() noexcept { stage().mirrored = !stage().mirrored; }
  void flip() noexcept { stage().flipped = !stage().flipped; }
  /// Runs `op` on the image as it is now; it keeps its size.
  void apply(const ImageOp& op) { apply(op, size()); }
  /// The same for an operation that makes it `after`.
  void apply(const ImageOp& op, Size after);
  /// What follows works on an image that exists, not on one that is still to be made.
  void end_stage();

 private:
  GeometryStage& stage() noexcept { return plan_.steps.back().stage; }
  const GeometryStage& stage() const noexcept { return plan_.steps.back().stage; }
  bool stage_changes_something() const noexcept;
  void push_stage(Size size);
  void keep_visible_source();

  SamplePlan& plan_;
  Size input_;  // of the present stage
};

}  // namespace slabring
