#pragma once

#include <cstdint>
#include <vector>

#include "base/rect.hpp"
#include "slabring/transform.hpp"

namespace slabring {

/// One resampling with everything that merges into it without changing a pixel: take `source` of the input, resample it
/// to `resized`, keep `window` of that (it may reach beyond: zeros), mirror.
struct GeometryStage {
  Rect source;      ///< in the stage's input; always inside it
  Size resized{0};  ///< equal to source's size: no resampling
  Rect window;      ///< in the resized image
  bool mirrored = false;
  Interpolation interpolation = Interpolation::bilinear;
};

/// What will be done to one image. Reused between samples; const use only after Program::plan.
struct SamplePlan {
  /// A stage, then the pixel operation (index into the program) that follows it; -1: none, go on with the next stage.
  struct Step {
    GeometryStage stage;
    int pixel_op = -1;
  };
  std::vector<Step> steps;  ///< at least one
  Rect source_region;       ///< the part of the image that the first stage reads
  std::uint64_t epoch_key = 0;
  SampleId id{};

  const Rect& region() const noexcept { return source_region; }
};

}  // namespace slabring
