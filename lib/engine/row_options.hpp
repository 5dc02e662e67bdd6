#pragma once

#include <cstdint>

#include "slabring/options.hpp"

namespace slabring {

/// What the bytes of a row depend on beside dataset and pipeline, or how they are made; the same in every process.
struct RowOptions {
  std::uint64_t seed = 0;
  OnError on_error = OnError::raise;
  JpegDecoding jpeg_decoder = JpegDecoding::native;
  JpegScale jpeg_scale = JpegScale::exact;
};

}  // namespace slabring
