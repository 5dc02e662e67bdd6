#pragma once

#include <array>

#include "augment/border.hpp"
#include "slabring/sample.hpp"
#include "slabring/transform.hpp"

namespace slabring {

/// Where a pixel comes from, as Pillow has it: x' = (m[0] x + m[1] y + m[2]), y' = (m[3] x + m[4] y + m[5]), with pixel
/// centers at halves.
using AffineMatrix = std::array<double, 6>;
/// The same, both divided by (m[6] x + m[7] y + 1).
using PerspectiveMatrix = std::array<double, 8>;

/// Pillow's Image.transform(out's size, AFFINE, matrix, interpolation, fillcolor = fill), bit for bit, its three ways
/// of rounding positions for `nearest` included. Requires: nearest, bilinear or bicubic; as many channels in `out`.
void warp_affine(const ImageView& image, const AffineMatrix& matrix, Interpolation interpolation, const Colour& fill,
                 const MutableImageView& out);

/// The same for PERSPECTIVE.
void warp_perspective(const ImageView& image, const PerspectiveMatrix& matrix, Interpolation interpolation,
                      const Colour& fill, const MutableImageView& out);

/// Pillow's ROTATE_90 (counter-clockwise) and ROTATE_270. Requires: out has image's width as its height and so on.
void rotate_quarter(const ImageView& image, bool clockwise, const MutableImageView& out);

}  // namespace slabring
