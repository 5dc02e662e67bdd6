#pragma once

#include <optional>

#include "augment/warp.hpp"
#include "slabring/transform.hpp"

namespace slabring {

/// The arithmetic of torchvision 0.14 and Pillow 9.4 that makes matrices of what rotation, affine and perspective are
/// asked for. Angles in degrees.

struct AffineParameters {
  double angle = 0.0;  ///< clockwise
  double translate_x = 0.0;
  double translate_y = 0.0;
  double scale = 1.0;
  double shear_x = 0.0;
  double shear_y = 0.0;
};

/// functional._get_inverse_affine_matrix; `center` in pixels.
AffineMatrix affine_matrix(const AffineParameters& parameters, const std::array<double, 2>& center) noexcept;

/// The center that functional.affine uses where none is given.
std::array<double, 2> middle(Size image) noexcept;

/// What Image.rotate does to an image.
struct Rotation {
  int quarters = -1;  ///< 0 to 3 counter-clockwise: no pixel is resampled; -1: `matrix`
  AffineMatrix matrix{};
  Size size{0};  ///< of the result
};
Rotation rotation(double angle, bool expand, const std::optional<std::array<double, 2>>& center, Size image) noexcept;

/// Corners in torchvision's order: top left, top right, bottom right, bottom left; x, y each.
using Corners = std::array<std::array<int, 2>, 4>;

Corners corners_of(Size image) noexcept;
/// RandomPerspective.get_params.
Corners draw_corners(double distortion_scale, Size image, RandomStream& random) noexcept;
/// functional._get_perspective_coeffs: what takes `from` to `to`, nothing where no such thing exists.
std::optional<PerspectiveMatrix> perspective_matrix(const Corners& from, const Corners& to) noexcept;

}  // namespace slabring
