#pragma once

#include <cstddef>
#include <span>

#include "decode/stored_image.hpp"

namespace slabring {

/// The first frame of a GIF on its screen. As in Pillow, transparent pixels have the colour that their index has in the
/// palette, and so has what the frame does not cover.

StoredHeader read_gif_header(std::span<const std::byte> file);
void decode_gif(std::span<const std::byte> file, const MutableImageView& rgb);

}  // namespace slabring
