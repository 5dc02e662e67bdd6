#pragma once

#include <cstddef>
#include <span>

#include "base/rect.hpp"
#include "decode/image_buffer.hpp"
#include "decode/stored_image.hpp"
#include "slabring/sample.hpp"

namespace slabring {

/// WebP by libwebp, lossy and lossless, without its alpha, as Pillow's convert("RGB"). Of an animation the first frame
/// is delivered as Pillow shows it: what it leaves of the canvas is black.

/// False in a build without libwebp: then the two functions below refuse every file as unsupported.
bool webp_is_read() noexcept;

/// True for the three kinds of WebP there are; the last two bytes of "VP8 ", "VP8L" and "VP8X" are looked at.
bool looks_like_webp(std::span<const std::byte> file) noexcept;

/// `max_frames`: of an animation, with the other chunks of the file; libwebp keeps a record of each.
StoredHeader read_webp_header(std::span<const std::byte> file, int max_frames);

/// The pixels of `region` (stored coordinates), in `buffer`. What lies beside the region and below it is not decoded,
/// so damage there goes unnoticed. Requires: read_webp_header() has succeeded for this file; region inside the image.
ImageView decode_webp(std::span<const std::byte> file, const Rect& region, ImageBuffer& buffer);

}  // namespace slabring
