#pragma once

#include <cstddef>
#include <span>

#include "decode/decoder.hpp"

namespace slabring {

/// The format of a file, by its first bytes; names are not looked at. Throws SampleFailure(unknown_format) with the
/// first bytes in a readable form, and with the format's name where it is a known one that is not read. Requires:
/// `file` is not empty.
///
/// TGA has no magic number, so it is tried last, and its header must be plausible in every field.
ImageFormat probe(std::span<const std::byte> file);

}  // namespace slabring
