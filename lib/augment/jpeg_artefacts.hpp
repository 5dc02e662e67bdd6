#pragma once

#include <cstddef>

#include "augment/scratch_buffer.hpp"
#include "slabring/sample.hpp"

namespace slabring {

/// Encodes an image as JPEG and decodes that, in place: what libjpeg's defaults (4:2:0, islow, fancy upsampling) make
/// of it at `quality`. `bytes` is scratch memory for the file: `room` at first (0: what suffices as a rule), and where
/// that is too little it is encoded again with twice as much. What libjpeg allocates of its own comes on top, and goes
/// with the file. Throws SampleFailure(transform_failed) for sides above 65,500. Requires: 1 or 3 channels, quality 1
/// to 100.
void add_jpeg_artefacts(const MutableImageView& image, int quality, ScratchBuffer<std::uint8_t>& bytes,
                        std::size_t room = 0);

}  // namespace slabring
