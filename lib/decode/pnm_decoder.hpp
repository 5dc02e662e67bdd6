#pragma once

#include <cstddef>
#include <span>

#include "decode/stored_image.hpp"

namespace slabring {

/// Binary PGM (P5) and PPM (P6) with 8 or 16 bits a sample.

StoredHeader read_pnm_header(std::span<const std::byte> file);
void decode_pnm(std::span<const std::byte> file, const MutableImageView& rgb);

}  // namespace slabring
