#pragma once

#include <cstddef>
#include <cstdint>

namespace slabring::native_jpeg {

/// How far unstuff() came.
struct Unstuffed {
  std::size_t read = 0;     ///< bytes of the source
  std::size_t written = 0;  ///< bytes of the result
  bool at_marker = false;   ///< the source goes on with a marker: FF and what is not 0
};

/// unstuff() may write this many bytes more than it says.
inline constexpr std::size_t unstuff_slack = 32;

/// Copies entropy-coded bytes without the 0 that stands behind each FF: up to a marker, the end of the source, or until
/// at least `enough` bytes of it were taken, a few more at most. An FF at the very end of the source is left out.
Unstuffed unstuff(const std::uint8_t* source, std::size_t size, std::size_t enough, std::uint8_t* out);

namespace plain {
Unstuffed unstuff(const std::uint8_t* source, std::size_t size, std::size_t enough, std::uint8_t* out);
}

}  // namespace slabring::native_jpeg
