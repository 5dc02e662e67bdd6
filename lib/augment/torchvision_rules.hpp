#pragma once

#include <optional>

#include "base/rect.hpp"
#include "slabring/transform.hpp"

namespace slabring {

/// The arithmetic of torchvision 0.14's transforms on a PIL image: which rectangle, which size. Rounding is part of the
/// contract; the tests hold a twin of each in Python.

/// The size Resize gives an image (functional._compute_resized_output_size), each side at least 1. A result too large
/// for an int is given as the largest int.
Size resized_size(const Resize& resize, Size image) noexcept;

/// What CenterCrop keeps (functional.center_crop); negative coordinates and what lies beyond the image are padding.
Rect center_crop(Size crop, Size image) noexcept;

/// What RandomResizedCrop keeps (RandomResizedCrop.get_params), inside the image.
Rect draw_resized_crop(const RandomResizedCrop& crop, Size image, RandomStream& random) noexcept;

/// What RandomErasing erases (RandomErasing.get_params); nothing: ten tries did not fit.
std::optional<Rect> draw_erasing(const RandomErasing& op, Size image, RandomStream& random) noexcept;

Size padded_size(const Padding& padding, Size image) noexcept;

/// What RandomCrop keeps of an image that is padded already; nothing where it does not fit.
std::optional<Rect> draw_crop(Size crop, Size image, RandomStream& random) noexcept;

/// The size that RandomShortestSize gives an image once the shorter side is drawn.
Size shortest_size(const RandomShortestSize& op, int min_size, Size image) noexcept;

}  // namespace slabring
