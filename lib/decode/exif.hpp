#pragma once

#include <cstddef>
#include <span>

namespace slabring {

/// The Orientation (1 to 8) in an EXIF block: a TIFF header and its first directory, with or without "Exif\0\0" before
/// it. 1 when there is none, or when it is damaged, as Pillow's getexif() sees it; never an error.
int exif_orientation(std::span<const std::byte> exif) noexcept;

}  // namespace slabring
