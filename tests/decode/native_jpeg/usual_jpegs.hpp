#pragma once

#include <string>

#include "support/encode_image.hpp"

namespace slabring::test {

/// The kinds of JPEG that the native decoder reads.
inline const JpegOptions usual_jpegs[] = {{},
                                          {.luma = {2, 1}},
                                          {.luma = {1, 2}},
                                          {.luma = {2, 2}},
                                          {.colour = JpegColour::grey},
                                          {.colour = JpegColour::grey, .luma = {2, 2}}};

inline std::string described(const JpegOptions& options) {
  return (options.colour == JpegColour::grey ? "grey " : "YCbCr ") + std::to_string(options.luma.horizontal) + "x" +
         std::to_string(options.luma.vertical) + ", quality " + std::to_string(options.quality) +
         ", restart interval " + std::to_string(options.restart_interval) +
         (options.progressive ? ", progressive" : "") + (options.arithmetic ? ", arithmetic" : "");
}

}  // namespace slabring::test
