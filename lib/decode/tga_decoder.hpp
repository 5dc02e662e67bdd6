#pragma once

#include <cstddef>
#include <span>

#include "decode/stored_image.hpp"

namespace slabring {

/// Targa: 8-bit palette and grey, 16-bit grey with alpha, 16, 24 and 32-bit colour; plain or run lengths.

/// True when every field of the header has a value that a real file would have: the format has no magic number.
bool looks_like_tga(std::span<const std::byte> file) noexcept;

StoredHeader read_tga_header(std::span<const std::byte> file);
void decode_tga(std::span<const std::byte> file, const MutableImageView& rgb);

}  // namespace slabring
