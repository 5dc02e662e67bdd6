#pragma once

#include <cstddef>
#include <span>

#include "decode/stored_image.hpp"

namespace slabring {

/// PNG of every colour type and depth, interlaced or not; of an APNG the default image. Transparency is left out, 16
/// bits lose their low byte, but grey of 16 bits is clipped to 8, as in Pillow's convert("RGB"). The checksums of all
/// chunks up to the pixels are verified.

StoredHeader read_png_header(std::span<const std::byte> file);
void decode_png(std::span<const std::byte> file, const MutableImageView& rgb);

}  // namespace slabring
