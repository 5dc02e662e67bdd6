#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <vector>

namespace slabring::test {

/// What the frame header of a baseline JPEG says.
struct JpegFrame {
  int width = 0;
  int height = 0;
  std::vector<int> sampling;  ///< 0x11, 0x22, ... per component
};

/// Reads the SOF0 segment. Throws std::runtime_error when there is none.
inline JpegFrame frame_of(std::span<const std::byte> jpeg) {
  const auto byte = [jpeg](std::size_t i) { return std::to_integer<int>(jpeg[i]); };
  const auto word = [&byte](std::size_t i) { return byte(i) * 256 + byte(i + 1); };
  for (std::size_t at = 2; at + 10 < jpeg.size(); at += 2 + static_cast<std::size_t>(word(at + 2))) {
    if (byte(at + 1) != 0xc0) continue;
    JpegFrame frame{word(at + 7), word(at + 5), {}};
    for (int i = 0; i < byte(at + 9); ++i) frame.sampling.push_back(byte(at + 11 + 3 * static_cast<std::size_t>(i)));
    return frame;
  }
  throw std::runtime_error("no baseline frame");
}

}  // namespace slabring::test
