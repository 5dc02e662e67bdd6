#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "augment/border.hpp"
#include "augment/plugin.hpp"
#include "augment/warp.hpp"
#include "base/rect.hpp"
#include "slabring/transform.hpp"

namespace slabring {

/// What is left of transforms once everything random is drawn: operations on an 8-bit image in memory, in the words of
/// torchvision's functional (adjust_brightness, ...). Plain data without memory of its own, so that a plan's list of
/// them costs nothing to make again for the next sample.
namespace op {

struct Brightness {
  double factor;
};
struct Contrast {
  double factor;
};
struct Saturation {
  double factor;
};
struct Hue {
  double factor;  ///< turns of the colour wheel
};
struct Sharpness {
  double factor;
};
struct ToGrayscale {
  int channels;  ///< of the result; 0: as many as there are
};
struct Autocontrast {};
struct Equalize {};
struct Posterize {
  int bits;
};
struct Solarize {
  double threshold;
};
struct Invert {};
/// What `window` shows, also beyond the image.
struct Window {
  Rect window;
  PaddingMode mode;
  Colour fill;
};
struct QuarterTurn {
  bool clockwise;
};
struct Affine {
  AffineMatrix matrix;
  Interpolation interpolation;
  Colour fill;
  int width;  ///< of the result
  int height;
};
struct Perspective {
  PerspectiveMatrix matrix;
  Interpolation interpolation;
  Colour fill;
};
struct GaussianBlur {
  std::array<int, 2> kernel_size;
  double sigma;
};
struct Jpeg {
  int quality;
};

// AugMix: MixBegin, then for each chain its operations and a MixAdd, then MixEnd. Chains keep size and channels.

/// Keeps the image, and begins a sum with `weight` of it.
struct MixBegin {
  float weight;
};
/// Adds `weight` of the image to the sum, and goes on with the one that was kept.
struct MixAdd {
  float weight;
};
/// The image becomes the sum, cut off to whole numbers.
struct MixEnd {};

/// A user's function.
struct Call {
  const ImageFunction* function;
  const std::string* place;  ///< "transform 1, Lambda", for messages
  RandomStream random;
};

}  // namespace op

using ImageOp = std::variant<op::Brightness, op::Contrast, op::Saturation, op::Hue, op::Sharpness, op::ToGrayscale,
                             op::Autocontrast, op::Equalize, op::Posterize, op::Solarize, op::Invert, op::Window,
                             op::QuarterTurn, op::Affine, op::Perspective, op::GaussianBlur, op::Jpeg, op::MixBegin,
                             op::MixAdd, op::MixEnd, op::Call>;

}  // namespace slabring
