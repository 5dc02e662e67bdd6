#include "augment/program.hpp"

#include <fmt/format.h>

#include <cmath>
#include <string>
#include <utility>

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

// What works on finished rows has to stand last, in this order: Normalize, RandomErasing, what mixes batches.
int order_of(const OpTree& tree, std::uint32_t index) noexcept {
  const Transform& transform = *tree.node(index).transform;
  if (BatchMix::mixes(tree, index)) return 3;
  if (std::holds_alternative<RandomErasing>(transform)) return 2;
  return std::holds_alternative<Normalize>(transform) ? 1 : 0;
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
    if (shape.dtype == DType::u8) refuse_op(node, "gives fractions, dtype is u8; must be f16 or f32");
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
  if (values == 0) refuse_op(node, "value is random, which needs fractions, and dtype is u8; must be f16 or f32");
  for (const double value : op.value) {
    if (value >= 0.0 && value <= 255.0 && value == std::floor(value)) continue;
    refuse_op(node,
              fmt::format("value {} cannot be written, dtype is u8; must be a whole number from 0 to 255", value));
  }
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
void render_image(const GeometryStage& stage, const ImageView& pixels, const MutableImageView& image,
                  StageScratch& scratch) {
  const Converter as_it_is({image.height, image.width, image.channels, DType::u8, Layout::nhwc}, nullptr);
  render_stage(stage, pixels, as_it_is, reinterpret_cast<std::byte*>(image.data), scratch);
}

}  // namespace

class Program::Impl {
 public:
  Impl(std::vector<Transform> transforms, DType dtype, Layout layout, const std::optional<RowShape>& source)
      : transforms_(std::move(transforms)),
        tree_(transforms_),
        source_(source_form(source)),
        shape_(shape_of_rows(form_after(tree_, source_), dtype, layout)),
        converter_(shape_, find_normalize(checked(tree_, shape_), shape_)),
        mix_(BatchMix::in(tree_)) {}

  const RowShape& shape() const noexcept { return shape_; }
  const BatchMix* mix() const noexcept { return mix_ ? &*mix_ : nullptr; }

  void plan(int width, int height, const SampleKey& key, SamplePlan& plan) const {
    check_size(draw(tree_, {height, width}, key, plan), {height, width});
  }

  void run(const SamplePlan& plan, const ImageView& pixels, std::byte* row, AugmentScratch& scratch) const {
    check_pixels(plan, pixels);
    const std::size_t last = plan.steps.size() - 1;
    ImageView input = pixels;
    ImageEditor editor(scratch);
    std::size_t op = 0;
    for (std::size_t i = 0; i < last; ++i) {
      const SamplePlan::Step& step = plan.steps[i];
      const Rect& window = step.stage.window;
      render_image(step.stage, input, editor.room(window.width, window.height, input.channels), scratch.stage(i));
      editor.enter_room();
      for (; op < step.ops_end; ++op) editor.apply(plan.ops[op]);
      input = part_of(editor.image(), plan.steps[i + 1].stage.read_region());
    }
    render_stage(plan.steps[last].stage, input, converter_, row, scratch.stage(last));
    for (const Erasure& erasure : plan.erasures) erase(erasure, shape_, row);
    scratch.settle();
  }

 private:
  void check_size(Size result, Size image) const {
    if (result.height == shape_.height && result.width == shape_.width) return;
    throw SampleFailure(
        SampleStatus::wrong_shape,
        fmt::format("the image has {}x{} pixels (height x width) and {}x{} after its transforms; rows "
                    "have {}x{}",
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

  std::vector<Transform> transforms_;
  OpTree tree_;  // of transforms_
  ImageForm source_;
  RowShape shape_;
  Converter converter_;
  std::optional<BatchMix> mix_;
};

Program::Program(const Pipeline& pipeline, DType dtype, Layout layout, std::optional<RowShape> source)
    : impl_(std::make_unique<Impl>(pipeline.transforms(), dtype, layout, source)) {}
Program::~Program() = default;
Program::Program(Program&&) noexcept = default;
Program& Program::operator=(Program&&) noexcept = default;

const RowShape& Program::row_shape() const noexcept { return impl_->shape(); }
const BatchMix* Program::batch_mix() const noexcept { return impl_->mix(); }

void Program::plan(int width, int height, const SampleKey& key, SamplePlan& plan) const {
  impl_->plan(width, height, key, plan);
}

void Program::run(const SamplePlan& plan, const ImageView& pixels, std::byte* row, AugmentScratch& scratch) const {
  impl_->run(plan, pixels, row, scratch);
}

}  // namespace slabring
