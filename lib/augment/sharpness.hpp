#pragma once

#include "augment/scratch_buffer.hpp"
#include "slabring/sample.hpp"

namespace slabring {

/// ImageEnhance.Sharpness in place: a blend between Pillow's SMOOTH (3x3; the outermost pixels stay) and the image.
/// `lines` is scratch memory. Requires: rows without gaps.
void adjust_sharpness(const MutableImageView& image, double factor, ScratchBuffer<std::uint8_t>& lines);

}  // namespace slabring
