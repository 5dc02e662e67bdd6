#pragma once

#include <vector>

#include "decode/decoder.hpp"
#include "support/encode_image.hpp"

namespace slabring::test {

/// Small files of one format, of every kind that its decoder has a path for; what fuzzing begins with.
std::vector<Bytes> sound_files(ImageFormat format);

/// Small JPEGs in tiles with their indexes, as tiled_jpeg_fuzz takes them.
std::vector<Bytes> tiled_files();

}  // namespace slabring::test
