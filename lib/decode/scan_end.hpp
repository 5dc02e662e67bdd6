#pragma once

#include <cstdint>
#include <span>

namespace slabring {

/// True when these entropy-coded bytes are followed by the end of the image: no marker but restarts can stand in a
/// scan's data, and a file that was cut off has no end. Other files are to be judged the same whatever the region, so
/// they are read whole.
bool scan_ends_soundly(std::span<const std::uint8_t> data);

}  // namespace slabring
