#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "augment/batch_mix.hpp"
#include "augment/draw.hpp"
#include "augment/geometry.hpp"
#include "base/rect.hpp"
#include "base/row_feed.hpp"
#include "slabring/dataset.hpp"
#include "slabring/tensor.hpp"
#include "slabring/transform.hpp"

namespace slabring {

/// Memory for intermediate images and weights; owned by one worker, grown rarely, given back after an outlier.
class AugmentScratch;

/// What every sample is before its transforms, as a Program's `source`; nullopt: nothing is known.
std::optional<RowShape> source_shape(const std::optional<SampleShape>& image, const std::optional<ArrayForm>& array);

/// A validated pipeline, ready to run on any image: geometry is drawn first, so that the decoder can leave out what is
/// not needed; the last step writes the row.
///
/// Immutable and thread-safe; per-sample state lives in SamplePlan, memory in AugmentScratch.
class Program {
 public:
  /// Throws Error(pipeline) when transforms contradict each other or `dtype`, naming the op and its position.
  /// Transforms that fix no output size need `source`: the shape (height, width, channels) that every sample has;
  /// without it, Error(pipeline) says that a Resize or a crop is needed. `source` may be an array's form.
  Program(const Pipeline& pipeline, DType dtype, Layout layout, std::optional<RowShape> source = std::nullopt);
  ~Program();
  Program(Program&&) noexcept;
  Program& operator=(Program&&) noexcept;

  const RowShape& row_shape() const noexcept;
  /// How finished rows of a batch are to be mixed; null: they are not. run() gives rows that are not mixed.
  const BatchMix* batch_mix() const noexcept;

  /// Draws everything random and lays out the steps for an image of this size. Throws SampleFailure(wrong_shape) when
  /// the result would not have row_shape(). Requires: width, height > 0.
  void plan(int width, int height, const SampleKey& key, SamplePlan& plan) const;

  /// Runs the plan. `pixels` holds plan.region() of the image (its row 0 is region().y); all of row_shape().bytes() at
  /// `row` is written. Throws SampleFailure (wrong_shape: channels do not fit; transform_failed).
  void run(const SamplePlan& plan, const ImageView& pixels, std::byte* row, AugmentScratch& scratch) const;

  /// The same with rows that are made while they are used. feed.finish() is called after the first resampling, before
  /// anything else is done to the image. Throws what the feed throws, too; then `row` is undefined.
  void run(const SamplePlan& plan, RowFeed& feed, std::byte* row, AugmentScratch& scratch) const;

  /// Samples that are arrays stay arrays: no transform takes them as images. run() of an array is all there is then.
  bool keeps_arrays() const noexcept;
  /// Throws SampleFailure(wrong_shape). Requires: keeps_arrays().
  void run(const ArrayView& array, std::byte* row) const;
  /// The image that `array` is, for plan() and run(). Throws SampleFailure(wrong_shape). Requires: !keeps_arrays().
  ImageView image_of(const ArrayView& array) const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace slabring
