#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "base/rect.hpp"
#include "base/sample_failure.hpp"
#include "decode/decoder.hpp"
#include "support/encode_image.hpp"

/// What the tests of the decoder ask of it.
namespace slabring::test {

RgbImage copy(const ImageView& view);
RgbImage crop(const RgbImage& image, const Rect& region);

RgbImage decode_region(Decoder& decoder, std::span<const std::byte> file, const Rect& region);
RgbImage decode_all(Decoder& decoder, std::span<const std::byte> file);
RgbImage decode_all(std::span<const std::byte> file);  ///< by a decoder of its own

/// Why `file` cannot be decoded as a whole; SampleStatus::ok when it can.
SampleFailure failure_of(Decoder& decoder, std::span<const std::byte> file);
SampleFailure failure_of(std::span<const std::byte> file);

Bytes bytes_of(std::string_view text);

/// Where `part` begins in `bytes`. Throws when it is not there.
std::size_t find(const Bytes& bytes, const Bytes& part);

}  // namespace slabring::test
