#pragma once

#include <array>
#include <cstdint>

#include "augment/scratch_buffer.hpp"
#include "base/rect.hpp"
#include "slabring/sample.hpp"
#include "slabring/transform.hpp"

namespace slabring {

/// A colour for each channel.
using Colour = std::array<std::uint8_t, 4>;

/// The pixel of an axis of `size` pixels that stands at `at`, which may lie beyond; -1: none, it is filled.
int mirrored_position(int at, int size, PaddingMode mode) noexcept;

/// Copies `window`, in coordinates of `image` and of the size of `out`; what lies beyond is made as `mode` says.
/// `columns` is scratch memory.
void copy_window(const ImageView& image, const Rect& window, PaddingMode mode, const Colour& fill,
                 const MutableImageView& out, ScratchBuffer<std::int32_t>& columns);

}  // namespace slabring
