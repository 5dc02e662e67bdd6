#pragma once

#include <cstddef>

#include "augment/convert.hpp"
#include "augment/geometry.hpp"
#include "augment/scratch.hpp"
#include "base/row_feed.hpp"
#include "slabring/sample.hpp"

namespace slabring {

/// Runs one stage: `pixels` is stage.read_region() of its input, or with `feed`, which has the rows, its shape; the
/// converted lines fill `row`. Requires: converter.shape() has the window's size and the channels of `pixels`.
void render_stage(const GeometryStage& stage, const ImageView& pixels, RowFeed* feed, const Converter& converter,
                  std::byte* row, StageScratch& scratch);

}  // namespace slabring
