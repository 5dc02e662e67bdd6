#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace slabring {

/// The Orientation (1 to 8) in an EXIF block: a TIFF header and its first directory, with or without "Exif\0\0" before
/// it. nullopt when the block has none or is damaged before it, 1 when it has one that means nothing: as Pillow's
/// getexif() sees it. Never an error.
std::optional<int> exif_orientation(std::span<const std::byte> exif) noexcept;

}  // namespace slabring
