#include "augment/draw.hpp"

#include <array>
#include <cstddef>
#include <utility>

#include "augment/torchvision_rules.hpp"

namespace slabring {
namespace {

// Adds what one transform does.
struct Draw {
  const OpNode& node;
  StagePlanner& stages;
  RandomStream random;

  // ---- geometry ----

  void operator()(const Resize& op) { stages.resize(resized_size(op, stages.size()), op.interpolation); }
  void operator()(const CenterCrop& op) { stages.crop(center_crop(op.size, stages.size())); }
  void operator()(const RandomResizedCrop& op) {
    stages.crop(draw_resized_crop(op, stages.size(), random));
    stages.resize(op.size, op.interpolation);
  }
  void operator()(const RandomHorizontalFlip& op) {
    if (happens(op.p)) stages.mirror();
  }
  void operator()(const RandomVerticalFlip& op) {
    if (happens(op.p)) stages.flip();
  }

  // ---- colour ----

  void operator()(const ColorJitter& op) {
    const std::array<std::size_t, 4> order = random_order();
    const bool brightness = op.brightness != unchanged_factor;
    const bool contrast = op.contrast != unchanged_factor;
    const bool saturation = op.saturation != unchanged_factor;
    const bool hue = op.hue != unchanged_hue;
    const std::array<ImageOp, 4> ops{
        op::Brightness{brightness ? uniform(op.brightness) : 1.0}, op::Contrast{contrast ? uniform(op.contrast) : 1.0},
        op::Saturation{saturation ? uniform(op.saturation) : 1.0}, op::Hue{hue ? uniform(op.hue) : 0.0}};
    const std::array<bool, 4> wanted{brightness, contrast, saturation, hue};
    for (const std::size_t which : order) {
      if (wanted[which]) stages.apply(ops[which]);
    }
  }
  void operator()(const Grayscale& op) { stages.apply(op::ToGrayscale{op.num_output_channels}); }
  void operator()(const RandomGrayscale& op) { apply_with(op.p, op::ToGrayscale{0}); }
  void operator()(const RandomAdjustSharpness& op) { apply_with(op.p, op::Sharpness{op.sharpness_factor}); }
  void operator()(const RandomAutocontrast& op) { apply_with(op.p, op::Autocontrast{}); }
  void operator()(const RandomEqualize& op) { apply_with(op.p, op::Equalize{}); }
  void operator()(const RandomPosterize& op) { apply_with(op.p, op::Posterize{op.bits}); }
  void operator()(const RandomSolarize& op) { apply_with(op.p, op::Solarize{op.threshold}); }
  void operator()(const RandomInvert& op) { apply_with(op.p, op::Invert{}); }

  // ---- the rest ----

  void operator()(const Lambda& op) { stages.apply(op::Call{&op, &node.place, random}); }
  void operator()(const Normalize&) {}  // the converter has it in its tables

 private:
  static constexpr std::array<double, 2> unchanged_factor{1.0, 1.0};
  static constexpr std::array<double, 2> unchanged_hue{0.0, 0.0};

  bool happens(double p) noexcept { return random.uniform() < p; }
  double uniform(const std::array<double, 2>& range) noexcept { return random.uniform(range[0], range[1]); }
  void apply_with(double p, const ImageOp& op) {
    if (happens(p)) stages.apply(op);
  }

  // Fisher and Yates.
  std::array<std::size_t, 4> random_order() noexcept {
    std::array<std::size_t, 4> order{0, 1, 2, 3};
    for (std::size_t i = order.size() - 1; i > 0; --i) std::swap(order[i], order[random.below(i + 1)]);
    return order;
  }
};

}  // namespace

void draw(const OpTree& tree, const SampleKey& key, StagePlanner& stages) {
  for (std::uint32_t i = 0; i < tree.size(); ++i) {
    const OpNode& node = tree.node(i);
    std::visit(Draw{node, stages, RandomStream(key.epoch_key, key.id, i)}, *node.transform);
  }
}

}  // namespace slabring
