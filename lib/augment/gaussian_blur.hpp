#pragma once

#include <array>

#include "augment/scratch_buffer.hpp"
#include "slabring/sample.hpp"

namespace slabring {

/// torchvision's gaussian_blur in place: kernel `size` (x, y), odd; reflected at the border; rounded to the nearest,
/// ties to even. In float32, each sum in the order of its pixels, so that every machine has the same. `floats` is
/// scratch memory. Requires: rows without gaps.
void gaussian_blur(const MutableImageView& image, const std::array<int, 2>& size, double sigma,
                   ScratchBuffer<float>& floats);

}  // namespace slabring
