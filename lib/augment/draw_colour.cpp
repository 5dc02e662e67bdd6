#include <array>
#include <cstddef>
#include <utility>

#include "augment/draw_one.hpp"

namespace slabring {
namespace {

constexpr std::array<double, 2> unchanged_factor{1.0, 1.0};
constexpr std::array<double, 2> unchanged_hue{0.0, 0.0};

// Fisher and Yates.
std::array<std::size_t, 4> random_order(RandomStream& random) noexcept {
  std::array<std::size_t, 4> order{0, 1, 2, 3};
  for (std::size_t i = order.size() - 1; i > 0; --i) std::swap(order[i], order[random.below(i + 1)]);
  return order;
}

}  // namespace

void DrawOne::operator()(const ColorJitter& op) {
  const std::array<std::size_t, 4> order = random_order(random);
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

void DrawOne::operator()(const Grayscale& op) { stages.apply(op::ToGrayscale{op.num_output_channels}); }
void DrawOne::operator()(const RandomGrayscale& op) { apply_with(op.p, op::ToGrayscale{0}); }
void DrawOne::operator()(const RandomAdjustSharpness& op) { apply_with(op.p, op::Sharpness{op.sharpness_factor}); }
void DrawOne::operator()(const RandomAutocontrast& op) { apply_with(op.p, op::Autocontrast{}); }
void DrawOne::operator()(const RandomEqualize& op) { apply_with(op.p, op::Equalize{}); }
void DrawOne::operator()(const RandomPosterize& op) { apply_with(op.p, op::Posterize{op.bits}); }
void DrawOne::operator()(const RandomSolarize& op) { apply_with(op.p, op::Solarize{op.threshold}); }
void DrawOne::operator()(const RandomInvert& op) { apply_with(op.p, op::Invert{}); }
void DrawOne::operator()(const GaussianBlur& op) { stages.apply(op::GaussianBlur{op.kernel_size, uniform(op.sigma)}); }
void DrawOne::operator()(const JPEG& op) {
  stages.apply(op::Jpeg{op.quality[0] + below(op.quality[1] - op.quality[0] + 1)});
}

}  // namespace slabring
