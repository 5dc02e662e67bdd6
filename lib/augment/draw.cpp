#include "augment/draw.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <utility>

#include "augment/torchvision_rules.hpp"
#include "augment/warp_rules.hpp"
#include "base/sample_failure.hpp"

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

  void operator()(const Pad& op) { pad(op.padding, op.padding_mode, op.fill); }
  void operator()(const RandomCrop& op);
  void operator()(const RandomShortestSize& op) {
    const std::size_t which = random.below(op.min_size.size());
    stages.resize(shortest_size(op, op.min_size[which], stages.size()), op.interpolation);
  }
  void operator()(const RandomRotation& op);
  void operator()(const RandomAffine& op);
  void operator()(const RandomPerspective& op);

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

  // The image of which `window` is kept, with what stands beyond it.
  void look_through(const Rect& window, PaddingMode mode, const Fill& fill);
  void pad(const Padding& padding, PaddingMode mode, const Fill& fill) {
    const Size size = padded_size(padding, stages.size());
    look_through({-padding.left, -padding.top, size.width, size.height}, mode, fill);
  }

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

// A value for each channel, whatever their number.
Colour colour_of(const Fill& fill) noexcept {
  Colour colour{};
  for (std::size_t c = 0; c < colour.size(); ++c) {
    colour[c] =
        static_cast<std::uint8_t>(fill.values[fill.values.size() == 1 ? 0 : std::min(c, fill.values.size() - 1)]);
  }
  return colour;
}

void Draw::look_through(const Rect& window, PaddingMode mode, const Fill& fill) {
  const Colour colour = colour_of(fill);
  if (mode == PaddingMode::constant && colour == Colour{}) return stages.crop(window);  // zeros, as stages have them
  const Size size = stages.size();
  const Rect whole{0, 0, size.width, size.height};
  if (intersection(window, whole) == window) return stages.crop(window);

  Rect seen = window;
  if (mode == PaddingMode::constant || mode == PaddingMode::edge) {  // of the image, the part that is seen will do
    const int x = std::clamp(window.x, 0, size.width - 1);
    const int y = std::clamp(window.y, 0, size.height - 1);
    stages.crop(
        {x, y, std::clamp(window.right(), x + 1, size.width) - x, std::clamp(window.bottom(), y + 1, size.height) - y});
    seen.x -= x;
    seen.y -= y;
  }
  stages.apply(op::Window{seen, mode, colour}, {window.height, window.width});
}

void Draw::operator()(const RandomCrop& op) {
  const auto fits = [&](const Padding& padding) {
    const Size size = padded_size(padding, stages.size());
    return size.width >= op.size.width && size.height >= op.size.height;
  };
  Padding padding = op.padding;
  if (op.pad_if_needed && !fits(padding)) {
    if (padding != Padding(0)) pad(padding, op.padding_mode, op.fill);  // a mirror of a mirror is not one mirror
    const Size size = stages.size();
    padding = Padding(std::max(0, op.size.width - size.width), std::max(0, op.size.height - size.height));
  }
  const Size padded = padded_size(padding, stages.size());
  const auto crop = draw_crop(op.size, padded, random);
  if (!crop) {
    throw SampleFailure(
        SampleStatus::wrong_shape,
        fmt::format("{}: the crop of {}x{} pixels (height x width) does not fit into an image of {}x{}; "
                    "pad_if_needed would add what is missing",
                    node.place, op.size.height, op.size.width, padded.height, padded.width));
  }
  look_through({crop->x - padding.left, crop->y - padding.top, crop->width, crop->height}, op.padding_mode, op.fill);
}

void Draw::operator()(const RandomRotation& op) {
  const Rotation turn = rotation(uniform(op.degrees), op.expand, op.center, stages.size());
  switch (turn.quarters) {
    case 0: return;
    case 1: return stages.apply(op::QuarterTurn{false}, turn.size);
    case 2:
      stages.mirror();
      stages.flip();
      return;
    case 3: return stages.apply(op::QuarterTurn{true}, turn.size);
    default: break;
  }
  stages.apply(op::Affine{turn.matrix, op.interpolation, colour_of(op.fill), turn.size.width, turn.size.height},
               turn.size);
}

void Draw::operator()(const RandomAffine& op) {
  const Size size = stages.size();
  AffineParameters parameters;
  parameters.angle = uniform(op.degrees);
  if (op.translate) {
    const double reach_x = (*op.translate)[0] * size.width;
    const double reach_y = (*op.translate)[1] * size.height;
    parameters.translate_x = std::nearbyint(random.uniform(-reach_x, reach_x));
    parameters.translate_y = std::nearbyint(random.uniform(-reach_y, reach_y));
  }
  if (op.scale) parameters.scale = uniform(*op.scale);
  if (!op.shear.empty()) parameters.shear_x = random.uniform(op.shear[0], op.shear[1]);
  if (op.shear.size() == 4) parameters.shear_y = random.uniform(op.shear[2], op.shear[3]);
  const AffineMatrix matrix = affine_matrix(parameters, op.center ? *op.center : middle(size));
  stages.apply(op::Affine{matrix, op.interpolation, colour_of(op.fill), size.width, size.height});
}

void Draw::operator()(const RandomPerspective& op) {
  if (!happens(op.p)) return;
  const Size size = stages.size();
  const auto matrix = perspective_matrix(corners_of(size), draw_corners(op.distortion_scale, size, random));
  if (matrix) stages.apply(op::Perspective{*matrix, op.interpolation, colour_of(op.fill)});
}

}  // namespace

void draw(const OpTree& tree, const SampleKey& key, StagePlanner& stages) {
  for (std::uint32_t i = 0; i < tree.size(); ++i) {
    const OpNode& node = tree.node(i);
    std::visit(Draw{node, stages, RandomStream(key.epoch_key, key.id, i)}, *node.transform);
  }
}

}  // namespace slabring
