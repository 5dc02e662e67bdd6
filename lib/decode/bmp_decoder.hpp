#pragma once

#include <cstddef>
#include <span>

#include "decode/stored_image.hpp"

namespace slabring {

/// Windows and OS/2 bitmaps of 1, 4 and 8 bits with a palette and of 16, 24 and 32 bits, not compressed.

StoredHeader read_bmp_header(std::span<const std::byte> file);
void decode_bmp(std::span<const std::byte> file, const MutableImageView& rgb);

}  // namespace slabring
