#include "augment/program.hpp"

#include <fmt/format.h>

#include <cmath>
#include <string>
#include <utility>

#include "augment/array_rows.hpp"
#include "augment/batch_mix.hpp"
#include "augment/convert.hpp"
#include "augment/erase.hpp"
#include "augment/image_editor.hpp"
#include "augment/image_form.hpp"
#include "augment/op_tree.hpp"
#include "augment/parameters.hpp"
#include "augment/scratch.hpp"
#include "augment/stage_render.hpp"
#include "base/sample_failure.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

void check_source(const RowShape& source) {
  const bool usable = source.height > 0 && source.width > 0 && source.channels >= 1 && source.channels <= 4;
  if (usable) return;
  throw Error(
      ErrorCode::pipeline,
      fmt::format("samples of shape {}x{}x{} (height x width x channels) cannot be transformed; sides must be at "
                  "least 1, channels 1 to 4",
                  source.height, source.width, source.channels));
}

ImageForm source_form(const std::optional<RowShape>& source) {
  if (!source) return {};
  check_source(*source);
  return {Size(source->height, source->width), source->channels};
}

// What works on finished rows has to stand last, in this order: Normalize or Standardize, RandomErasing, what mixes
// batches.
int order_of(const OpTree& tree, std::uint32_t index) noexcept {
  const Transform& transform = *tree.node(index).transform;
  if (BatchMix::mixes(tree, index)) return 3;
  if (std::holds_alternative<RandomErasing>(transform)) return 2;
  return std::holds_alternative<Normalize>(transform) || std::holds_alternative<Standardize>(transform) ? 1 : 0;
}

void check_list(const OpTree& tree, std::uint32_t list) {
  if (BatchMix::mixes(tree, list)) return;
  for (std::uint32_t i = list + 1; i < tree.next(list); ++i) {
    const int order = order_of(tree, i);
    if (order == 0) continue;
    refuse_op(tree.node(i),
              fmt::format("stands in a list, and works on finished rows; must stand in the pipeline "
                          "itself, last{}",
                          order == 3 ? ", or in a RandomChoice there of nothing but MixUp and CutMix" : ""));
  }
}

void check_order(const OpTree& tree) {
  for (std::uint32_t i = 0; i < tree.size(); i = tree.next(i)) {
    check_list(tree, i);
    const int order = order_of(tree, i);
    const std::uint32_t next = tree.next(i);
    if (order == 0 || next == tree.size()) continue;
    const bool fits = order == 2 ? order_of(tree, next) >= 2 : order_of(tree, next) > order;
    if (fits) continue;
    refuse_op(tree.node(i),
              fmt::format("stands before {}; must be the last transform{}", op_name(*tree.node(next).transform),
                          order == 2 ? ", or stand before another RandomErasing" : ""));
  }
}

// The Normalize of the pipeline, if any, checked against what it would write.
const Normalize* find_normalize(const OpTree& tree, const RowShape& shape) {
  for (std::uint32_t i = 0; i < tree.size(); ++i) {
    const OpNode& node = tree.node(i);
    const auto* normalize = std::get_if<Normalize>(node.transform);
    if (normalize == nullptr) continue;
    if (shape.dtype == DType::u8) refuse_op(node, "gives fractions, dtype is u8; must be f16, f32 or bf16");
    if (normalize->mean.size() != static_cast<std::size_t>(shape.channels)) {
      refuse_op(node, fmt::format("mean has {} values, samples have {} channels; must have as many",
                                  normalize->mean.size(), shape.channels));
    }
    return normalize;
  }
  return nullptr;
}

void check_erasing(const OpNode& node, const RandomErasing& op, const RowShape& shape) {
  const std::size_t values = op.value.size();
  if (values > 1 && values != static_cast<std::size_t>(shape.channels)) {
    refuse_op(node, fmt::format("value has {} values, rows have {} channels; must have 1 or as many", values,
                                shape.channels));
  }
  if (shape.dtype != DType::u8) return;
  if (values == 0) refuse_op(node, "value is random, which needs fractions, and dtype is u8; must be f16, f32 or bf16");
  for (const double value : op.value) {
    if (value >= 0.0 && value <= 255.0 && value == std::floor(value)) continue;
    refuse_op(node,
              fmt::format("value {} cannot be written, dtype is u8; must be a whole number from 0 to 255", value));
  }
}

bool is_integer(DType dtype) noexcept { return !can_convert(DType::f64, dtype); }

// The Standardize of the pipeline, if any.
const Standardize* find_standardize(const OpTree& tree, const RowShape& shape) {
  for (std::uint32_t i = 0; i < tree.size(); ++i) {
    const OpNode& node = tree.node(i);
    const auto* standardize = std::get_if<Standardize>(node.transform);
    if (standardize == nullptr) continue;
    if (is_integer(shape.dtype)) {
      refuse_op(node,
                fmt::format("gives fractions, dtype is {}; must be f16, f32, bf16 or f64", to_string(shape.dtype)));
    }
    return standardize;
  }
  return nullptr;
}

void check_image_dtype(DType dtype) {
  if (dtype <= DType::bf16) return;
  throw Error(
      ErrorCode::pipeline,
      fmt::format("dtype is {}; images become u8, f16, f32 or bf16, the other types are for arrays", to_string(dtype)));
}

const OpTree& checked(const OpTree& tree, const RowShape& shape) {
  check_order(tree);
  for (std::uint32_t i = 0; i < tree.size(); ++i) {
    const OpNode& node = tree.node(i);
    if (const auto* erasing = std::get_if<RandomErasing>(node.transform)) check_erasing(node, *erasing, shape);
  }
  return tree;
}

RowShape shape_of_rows(const ImageForm& form, DType dtype, Layout layout) {
  if (form.size) return {form.size->height, form.size->width, form.channels, dtype, layout};
  throw Error(ErrorCode::pipeline,
              "the transforms fix no output size, and samples of different sizes do not fit into one batch; a "
              "CenterCrop, a RandomResizedCrop or a Resize to [height, width] is needed");
}

ImageView part_of(const ImageView& image, const Rect& rect) noexcept {
  const std::uint8_t* first = image.row(rect.y) + static_cast<std::ptrdiff_t>(rect.x) * image.channels;
  return {first, rect.width, rect.height, image.channels, image.stride};
}

// The bytes of an image as they are, in rows without gaps.
void render_image(const GeometryStage& stage, const ImageView& pixels, RowFeed* feed, const MutableImageView& image,
                  StageScratch& scratch) {
  const Converter as_it_is({image.height, image.width, image.channels, DType::u8, Layout::nhwc}, nullptr);
  render_stage(stage, pixels, feed, as_it_is, reinterpret_cast<std::byte*>(image.data), scratch);
}

/// Rows are images, whatever the samples are.
class ImageRows {
 public:
  ImageRows(const OpTree& tree, DType dtype, Layout layout, const std::optional<RowShape>& source)
      : tree_(tree),
        source_(source_form(source)),
        shape_(shape_of_rows(form_after(tree_, source_), dtype, layout)),
        standardize_(find_standardize(checked(tree_, shape_), shape_)),
        converter_(floats_where(standardize_ != nullptr, shape_), find_normalize(tree_, shape_)),
        mix_(BatchMix::in(tree_)) {
    check_image_dtype(dtype);
    const Axes values{static_cast<std::int64_t>(shape_.elements())};
    if (standardize_ != nullptr) writer_.emplace(ArrayForm{DType::f32, values}, dtype, standardize_);
  }

  const RowShape& shape() const noexcept { return shape_; }
  const BatchMix* mix() const noexcept { return mix_ ? &*mix_ : nullptr; }

  void plan(int width, int height, const SampleKey& key, SamplePlan& plan) const {
    check_size(draw(tree_, {height, width}, key, plan), {height, width});
  }

  // `pixels`: or their shape alone, when `feed` has the rows.
  void run(const SamplePlan& plan, const ImageView& pixels, RowFeed* feed, std::byte* row,
           AugmentScratch& scratch) const {
    check_pixels(plan, pixels);
    const std::size_t last = plan.steps.size() - 1;
    ImageView input = pixels;
    ImageEditor editor(scratch);
    std::size_t op = 0;
    for (std::size_t i = 0; i < last; ++i) {
      const SamplePlan::Step& step = plan.steps[i];
      const Rect& window = step.stage.window;
      const MutableImageView room = editor.room(window.width, window.height, input.channels);
      render_image(step.stage, input, feed, room, scratch.stage(i));
      if (feed != nullptr) std::exchange(feed, nullptr)->finish();
      editor.enter_room();
      for (; op < step.ops_end; ++op) editor.apply(plan.ops[op]);
      input = part_of(editor.image(), plan.steps[i + 1].stage.read_region());
    }
    finish(plan.steps[last].stage, input, feed, row, scratch, scratch.stage(last));
    if (feed != nullptr) feed->finish();
    for (const Erasure& erasure : plan.erasures) erase(erasure, shape_, row);
    scratch.settle();
  }

 private:
  // Standardising needs all values before it can write the first.
  static RowShape floats_where(bool standardized, RowShape shape) noexcept {
    if (standardized) shape.dtype = DType::f32;
    return shape;
  }

  void finish(const GeometryStage& stage, const ImageView& input, RowFeed* feed, std::byte* row,
              AugmentScratch& scratch, StageScratch& stage_scratch) const {
    if (!writer_) return render_stage(stage, input, feed, converter_, row, stage_scratch);
    auto* const floats = reinterpret_cast<std::byte*>(scratch.row().take(shape_.elements()));
    render_stage(stage, input, feed, converter_, floats, stage_scratch);
    writer_->write({floats, DType::f32, {static_cast<std::int64_t>(shape_.elements())}}, row);
  }

  void check_size(Size result, Size image) const {
    if (result.height == shape_.height && result.width == shape_.width) return;
    throw SampleFailure(
        SampleStatus::wrong_shape,
        fmt::format("the image has {}x{} pixels (height x width) and {}x{} after its transforms; rows "
                    "have {}x{}; a crop, or a Resize to height and width, makes all images alike",
                    image.height, image.width, result.height, result.width, shape_.height, shape_.width));
  }

  void check_pixels(const SamplePlan& plan, const ImageView& pixels) const {
    if (pixels.channels != source_.channels) {
      throw SampleFailure(SampleStatus::wrong_shape, fmt::format("the image has {} channels; the transforms take {}",
                                                                 pixels.channels, source_.channels));
    }
    const Rect& region = plan.region();
    if (pixels.width != region.width || pixels.height != region.height) {
      throw SampleFailure(SampleStatus::wrong_shape,
                          fmt::format("{}x{} pixels (height x width) were given where {}x{} are needed", pixels.height,
                                      pixels.width, region.height, region.width));
    }
  }

  const OpTree& tree_;
  ImageForm source_;
  RowShape shape_;
  const Standardize* standardize_;
  Converter converter_;
  std::optional<ArrayWriter> writer_;  // where rows are standardised
  std::optional<BatchMix> mix_;
};

// Whether arrays are delivered as arrays: nothing in the pipeline is for images.
bool arrays_stay(const OpTree& tree, const std::optional<RowShape>& source) {
  if (!source || !source->array) return false;
  return tree.size() == 0 || (tree.size() == 1 && std::holds_alternative<Standardize>(*tree.node(0).transform));
}

ArrayForm form_of(const RowShape& source) { return {source.dtype, *source.array}; }

// An array [height, width] or [height, width, channels] of bytes as the image that it is.
std::optional<RowShape> as_image(const OpTree& tree, const std::optional<RowShape>& source) {
  if (!source || !source->array) return source;
  const Axes& axes = *source->array;
  const bool image = source->dtype == DType::u8 && (axes.size() == 2 || axes.size() == 3);
  const std::int64_t channels = axes.size() == 3 ? axes[2] : 1;
  constexpr std::int64_t most = 1 << 24;
  if (!image || axes[0] > most || axes[1] > most || channels > 4) {
    refuse_op(tree.node(0), fmt::format("takes images, and samples are arrays {}; must be u8 [height, width] or u8 "
                                        "[height, width, channels] with 1 to 4 channels",
                                        describe(form_of(*source))));
  }
  return RowShape{static_cast<int>(axes[0]), static_cast<int>(axes[1]), static_cast<int>(channels), DType::u8,
                  Layout::nhwc};
}

ArrayWriter writer_for(const OpTree& tree, DType dtype, const RowShape& source) {
  const Standardize* const standardize = find_standardize(tree, {.dtype = dtype});
  if (standardize == nullptr && !can_convert(source.dtype, dtype)) {
    throw Error(ErrorCode::pipeline,
                fmt::format("dtype is {} and samples are arrays {}; values could be lost, so dtype must be f16, bf16, "
                            "f32, f64, or an integer type that holds them all",
                            to_string(dtype), describe(form_of(source))));
  }
  if (tree.size() > 0) form_after(tree, {});  // checks parameters
  return {form_of(source), dtype, standardize};
}

}  // namespace

class Program::Impl {
 public:
  Impl(std::vector<Transform> transforms, DType dtype, Layout layout, const std::optional<RowShape>& source)
      : transforms_(std::move(transforms)), tree_(transforms_) {
    if (arrays_stay(tree_, source)) {
      shape_ = {.dtype = dtype, .layout = layout, .array = source->array};
      arrays_.emplace(writer_for(tree_, dtype, *source));
    } else {
      images_.emplace(tree_, dtype, layout, as_image(tree_, source));
      if (source && source->array) array_image_ = form_of(*source);
      shape_ = images_->shape();
    }
  }

  const RowShape& shape() const noexcept { return shape_; }
  const BatchMix* mix() const noexcept { return images_ ? images_->mix() : nullptr; }

  const ImageRows& images() const {
    if (images_) return *images_;
    throw SampleFailure(SampleStatus::wrong_shape, "the sample is an image; the dataset says that samples are arrays");
  }

  bool keeps_arrays() const noexcept { return arrays_.has_value(); }
  void run(const ArrayView& array, std::byte* row) const { arrays_->write(array, row); }

  ImageView image_of(const ArrayView& array) const {
    if (!array_image_) {
      throw SampleFailure(SampleStatus::wrong_shape,
                          "the sample is an array, and Dataset::sample_array() says nothing of it; it must");
    }
    require_form(array, *array_image_);
    const int channels = array.shape.size() == 3 ? static_cast<int>(array.shape[2]) : 1;
    const auto width = static_cast<int>(array.shape[1]);
    return {reinterpret_cast<const std::uint8_t*>(array.data), width, static_cast<int>(array.shape[0]), channels,
            std::ptrdiff_t{width} * channels};
  }

 private:
  std::vector<Transform> transforms_;
  OpTree tree_;  // of transforms_
  RowShape shape_;
  std::optional<ImageRows> images_;
  std::optional<ArrayWriter> arrays_;     // the other one
  std::optional<ArrayForm> array_image_;  // of images that come as arrays
};

std::optional<RowShape> source_shape(const std::optional<SampleShape>& image, const std::optional<ArrayForm>& array) {
  if (array) return RowShape{.dtype = array->dtype, .layout = Layout::nhwc, .array = array->shape};
  if (image) return RowShape{image->height, image->width, image->channels, DType::u8, Layout::nhwc};
  return std::nullopt;
}

Program::Program(const Pipeline& pipeline, DType dtype, Layout layout, std::optional<RowShape> source)
    : impl_(std::make_unique<Impl>(pipeline.transforms(), dtype, layout, source)) {}
Program::~Program() = default;
Program::Program(Program&&) noexcept = default;
Program& Program::operator=(Program&&) noexcept = default;

const RowShape& Program::row_shape() const noexcept { return impl_->shape(); }
const BatchMix* Program::batch_mix() const noexcept { return impl_->mix(); }

void Program::plan(int width, int height, const SampleKey& key, SamplePlan& plan) const {
  impl_->images().plan(width, height, key, plan);
}

void Program::run(const SamplePlan& plan, const ImageView& pixels, std::byte* row, AugmentScratch& scratch) const {
  impl_->images().run(plan, pixels, nullptr, row, scratch);
}

void Program::run(const SamplePlan& plan, RowFeed& feed, std::byte* row, AugmentScratch& scratch) const {
  constexpr int channels = 3;
  impl_->images().run(plan, {nullptr, feed.width(), feed.height(), channels, 0}, &feed, row, scratch);
}

bool Program::keeps_arrays() const noexcept { return impl_->keeps_arrays(); }
void Program::run(const ArrayView& array, std::byte* row) const { impl_->run(array, row); }
ImageView Program::image_of(const ArrayView& array) const { return impl_->image_of(array); }

}  // namespace slabring
