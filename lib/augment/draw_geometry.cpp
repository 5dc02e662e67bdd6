#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "augment/draw_one.hpp"
#include "augment/torchvision_rules.hpp"
#include "augment/warp_rules.hpp"
#include "base/sample_failure.hpp"

namespace slabring {
namespace {

// Keeps `window` of the image, with what stands beyond it.
void look_through(StagePlanner& stages, const Rect& window, PaddingMode mode, const Fill& fill) {
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

void pad(StagePlanner& stages, const Padding& padding, PaddingMode mode, const Fill& fill) {
  const Size size = padded_size(padding, stages.size());
  look_through(stages, {-padding.left, -padding.top, size.width, size.height}, mode, fill);
}

}  // namespace

Colour colour_of(const Fill& fill) noexcept {
  Colour colour{};
  const std::size_t last = fill.values.size() - 1;
  for (std::size_t c = 0; c < colour.size(); ++c) {
    colour[c] = static_cast<std::uint8_t>(fill.values[std::min(c, last)]);
  }
  return colour;
}

void DrawOne::operator()(const Resize& op) { stages.resize(resized_size(op, stages.size()), op.interpolation); }

void DrawOne::operator()(const CenterCrop& op) { stages.crop(center_crop(op.size, stages.size())); }

void DrawOne::operator()(const RandomResizedCrop& op) {
  stages.crop(draw_resized_crop(op, stages.size(), random));
  stages.resize(op.size, op.interpolation);
}

void DrawOne::operator()(const RandomHorizontalFlip& op) {
  if (happens(op.p)) stages.mirror();
}

void DrawOne::operator()(const RandomVerticalFlip& op) {
  if (happens(op.p)) stages.flip();
}

void DrawOne::operator()(const Pad& op) { pad(stages, op.padding, op.padding_mode, op.fill); }

void DrawOne::operator()(const RandomShortestSize& op) {
  const std::size_t which = random.below(op.min_size.size());
  stages.resize(shortest_size(op, op.min_size[which], stages.size()), op.interpolation);
}

void DrawOne::operator()(const RandomCrop& op) {
  const auto fits = [&](const Padding& padding) {
    const Size size = padded_size(padding, stages.size());
    return size.width >= op.size.width && size.height >= op.size.height;
  };
  Padding padding = op.padding;
  if (op.pad_if_needed && !fits(padding)) {
    if (padding != Padding(0))
      pad(stages, padding, op.padding_mode, op.fill);  // a mirror of a mirror is not one mirror
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
                    tree.node(index).place, op.size.height, op.size.width, padded.height, padded.width));
  }
  look_through(stages, {crop->x - padding.left, crop->y - padding.top, crop->width, crop->height}, op.padding_mode,
               op.fill);
}

void DrawOne::rotate(double angle, bool expand, const std::optional<std::array<double, 2>>& center,
                     Interpolation interpolation, const Fill& fill) {
  const Rotation turn = rotation(angle, expand, center, stages.size());
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
  stages.apply(op::Affine{turn.matrix, interpolation, colour_of(fill), turn.size.width, turn.size.height}, turn.size);
}

void DrawOne::operator()(const RandomRotation& op) {
  rotate(uniform(op.degrees), op.expand, op.center, op.interpolation, op.fill);
}

void DrawOne::operator()(const RandomAffine& op) {
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

void DrawOne::operator()(const RandomPerspective& op) {
  if (!happens(op.p)) return;
  const Size size = stages.size();
  const auto matrix = perspective_matrix(corners_of(size), draw_corners(op.distortion_scale, size, random));
  if (matrix) stages.apply(op::Perspective{*matrix, op.interpolation, colour_of(op.fill)});
}

}  // namespace slabring
