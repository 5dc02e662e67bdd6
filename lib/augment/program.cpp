#include "augment/program.hpp"

#include <fmt/format.h>

#include <exception>
#include <string>
#include <utility>

#include "augment/convert.hpp"
#include "augment/parameters.hpp"
#include "augment/scratch.hpp"
#include "augment/stage_render.hpp"
#include "augment/torchvision_rules.hpp"
#include "base/sample_failure.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

std::string place_of(const Transform& transform, std::size_t position) {
  return fmt::format("transform {}, {}", position, op_name(transform));
}

[[noreturn]] void refuse(const Transform& transform, std::size_t position, const std::string& sentence) {
  throw Error(ErrorCode::pipeline, fmt::format("{}: {}", place_of(transform, position), sentence));
}

void check_parameters(const std::vector<Transform>& transforms) {
  for (std::size_t i = 0; i < transforms.size(); ++i) {
    if (const auto fault = find_fault(transforms[i])) {
      refuse(transforms[i], i, fmt::format("{} {}", fault->parameter, fault->sentence));
    }
  }
}

void check_source(const RowShape& source) {
  const bool usable = source.height > 0 && source.width > 0 && source.channels >= 1 && source.channels <= 4;
  if (usable) return;
  throw Error(
      ErrorCode::pipeline,
      fmt::format("samples of shape {}x{}x{} (height x width x channels) cannot be transformed; sides must be at "
                  "least 1, channels 1 to 4",
                  source.height, source.width, source.channels));
}

// The Normalize of the pipeline, if any, checked against the place where it stands and what it would write.
const Normalize* find_normalize(const std::vector<Transform>& transforms, DType dtype, int channels) {
  for (std::size_t i = 0; i < transforms.size(); ++i) {
    const auto* normalize = std::get_if<Normalize>(&transforms[i]);
    if (normalize == nullptr) continue;
    if (i + 1 != transforms.size()) {
      refuse(transforms[i], i, fmt::format("stands before {}; must be the last transform", op_name(transforms[i + 1])));
    }
    if (dtype == DType::u8) refuse(transforms[i], i, "gives fractions, dtype is u8; must be f16 or f32");
    if (normalize->mean.size() != static_cast<std::size_t>(channels)) {
      refuse(transforms[i], i,
             fmt::format("mean has {} values, samples have {} channels; must have as many", normalize->mean.size(),
                         channels));
    }
    return normalize;
  }
  return nullptr;
}

// The image's size after a transform, where that is the same for all images.
std::optional<Size> size_after(const Transform& transform, std::optional<Size> before) {
  if (const auto* op = std::get_if<Resize>(&transform)) {
    if (op->exact) return op->exact;
    return before ? std::optional(resized_size(*op, *before)) : std::nullopt;
  }
  if (const auto* op = std::get_if<CenterCrop>(&transform)) return op->size;
  if (const auto* op = std::get_if<RandomResizedCrop>(&transform)) return op->size;
  return before;
}

Size output_size(const std::vector<Transform>& transforms, const std::optional<RowShape>& source) {
  std::optional<Size> size;
  if (source) size = Size{source->height, source->width};
  for (const Transform& transform : transforms) size = size_after(transform, size);
  if (size) return *size;
  throw Error(ErrorCode::pipeline,
              "the transforms fix no output size, and samples of different sizes do not fit into one batch; a "
              "CenterCrop, a RandomResizedCrop or a Resize to [height, width] is needed");
}

RowShape checked_shape(const std::vector<Transform>& transforms, DType dtype, Layout layout,
                       const std::optional<RowShape>& source) {
  check_parameters(transforms);
  if (source) check_source(*source);
  const Size size = output_size(transforms, source);
  return {size.height, size.width, source ? source->channels : 3, dtype, layout};
}

// Adds what a transform does to the geometry of one image; draws what is random.
struct GeometryOf {
  StagePlanner& stages;
  const SampleKey& key;
  std::size_t position;

  RandomStream random() const noexcept { return {key.epoch_key, key.id, static_cast<std::uint32_t>(position)}; }

  void operator()(const Resize& op) const { stages.resize(resized_size(op, stages.size()), op.interpolation); }
  void operator()(const CenterCrop& op) const { stages.crop(center_crop(op.size, stages.size())); }
  void operator()(const RandomResizedCrop& op) const {
    RandomStream stream = random();
    stages.crop(draw_resized_crop(op, stages.size(), stream));
    stages.resize(op.size, op.interpolation);
  }
  void operator()(const RandomHorizontalFlip& op) const {
    if (random().uniform() < op.p) stages.mirror();
  }
  void operator()(const Lambda&) const { stages.end_stage(static_cast<int>(position)); }
  void operator()(const Normalize&) const {}  // not geometry; the converter has it in its tables
};

ImageView part_of(const ImageView& image, const Rect& rect) noexcept {
  const std::uint8_t* first = image.row(rect.y) + static_cast<std::ptrdiff_t>(rect.x) * image.channels;
  return {first, rect.width, rect.height, image.channels, image.stride};
}

MutableImageView image_between_stages(const GeometryStage& stage, int channels, std::size_t step,
                                      AugmentScratch& scratch) {
  const RowShape shape{stage.window.height, stage.window.width, channels, DType::u8, Layout::nhwc};
  return {scratch.image(step, shape.bytes()), shape.width, shape.height, channels,
          static_cast<std::ptrdiff_t>(shape.width) * channels};
}

}  // namespace

class Program::Impl {
 public:
  Impl(std::vector<Transform> transforms, DType dtype, Layout layout, const std::optional<RowShape>& source)
      : transforms_(std::move(transforms)),
        shape_(checked_shape(transforms_, dtype, layout, source)),
        converter_(shape_, find_normalize(transforms_, dtype, shape_.channels)) {}

  const RowShape& shape() const noexcept { return shape_; }

  void plan(int width, int height, const SampleKey& key, SamplePlan& plan) const {
    StagePlanner stages(width, height, plan.steps);
    for (std::size_t i = 0; i < transforms_.size(); ++i) std::visit(GeometryOf{stages, key, i}, transforms_[i]);
    check_size(stages.size(), {height, width});
    plan.source_region = plan.steps.front().stage.read_region();
    plan.epoch_key = key.epoch_key;
    plan.id = key.id;
  }

  void run(const SamplePlan& plan, const ImageView& pixels, std::byte* row, AugmentScratch& scratch) const {
    check_pixels(plan, pixels);
    const std::size_t last = plan.steps.size() - 1;
    ImageView input = pixels;
    for (std::size_t i = 0; i < last; ++i) {
      const SamplePlan::Step& step = plan.steps[i];
      const MutableImageView image = image_between_stages(step.stage, shape_.channels, i, scratch);
      const Converter as_it_is({image.height, image.width, image.channels, DType::u8, Layout::nhwc}, nullptr);
      render_stage(step.stage, input, as_it_is, reinterpret_cast<std::byte*>(image.data), scratch.stage(i));
      if (step.pixel_op >= 0) apply(static_cast<std::size_t>(step.pixel_op), image, plan);
      input = part_of(image, plan.steps[i + 1].stage.read_region());
    }
    render_stage(plan.steps[last].stage, input, converter_, row, scratch.stage(last));
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
    if (pixels.channels != shape_.channels) {
      throw SampleFailure(SampleStatus::wrong_shape,
                          fmt::format("the image has {} channels; rows have {}", pixels.channels, shape_.channels));
    }
    const Rect& region = plan.region();
    if (pixels.width != region.width || pixels.height != region.height) {
      throw SampleFailure(SampleStatus::wrong_shape,
                          fmt::format("{}x{} pixels (height x width) were given where {}x{} are needed", pixels.height,
                                      pixels.width, region.height, region.width));
    }
  }

  void apply(std::size_t position, const MutableImageView& image, const SamplePlan& plan) const {
    const auto& lambda = std::get<Lambda>(transforms_[position]);
    RandomStream random(plan.epoch_key, plan.id, static_cast<std::uint32_t>(position));
    try {
      lambda.apply(image, random);
    } catch (const std::exception& error) {
      throw SampleFailure(SampleStatus::transform_failed,
                          fmt::format("{}: {}", place_of(transforms_[position], position), error.what()));
    } catch (...) {
      throw SampleFailure(SampleStatus::transform_failed, fmt::format("{}: threw something that is no std::exception",
                                                                      place_of(transforms_[position], position)));
    }
  }

  std::vector<Transform> transforms_;
  RowShape shape_;
  Converter converter_;
};

Program::Program(const Pipeline& pipeline, DType dtype, Layout layout, std::optional<RowShape> source)
    : impl_(std::make_unique<Impl>(pipeline.transforms(), dtype, layout, source)) {}
Program::~Program() = default;
Program::Program(Program&&) noexcept = default;
Program& Program::operator=(Program&&) noexcept = default;

const RowShape& Program::row_shape() const noexcept { return impl_->shape(); }

void Program::plan(int width, int height, const SampleKey& key, SamplePlan& plan) const {
  impl_->plan(width, height, key, plan);
}

void Program::run(const SamplePlan& plan, const ImageView& pixels, std::byte* row, AugmentScratch& scratch) const {
  impl_->run(plan, pixels, row, scratch);
}

}  // namespace slabring
