#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "slabring/sample.hpp"

namespace slabring {

/// What a file's header says about the pixels as they are stored: before EXIF orientation. Every format but JPEG
/// and WebP is read by two functions of these shapes:
///
///   StoredHeader read_xxx_header(std::span<const std::byte> file);
///   void decode_xxx(std::span<const std::byte> file, const MutableImageView& rgb);
///
/// The first allocates nothing and checks what can be checked for the price of a header; the second writes all pixels
/// and requires that the first has succeeded and that `rgb` has the size it told. Both throw SampleFailure. They either
/// give Pillow's pixels or refuse.
struct StoredHeader {
  std::uint32_t width = 0;
  std::uint32_t height = 0;
  int orientation = 1;  ///< EXIF, 1 to 8
};

}  // namespace slabring
