#include "decode/native_jpeg/unstuff.hpp"

namespace slabring::native_jpeg::plain {

Unstuffed unstuff(const std::uint8_t* source, std::size_t size, std::size_t enough, std::uint8_t* out) {
  Unstuffed done;
  while (done.read < enough && done.read < size) {
    const std::uint8_t byte = source[done.read];
    if (byte != 0xFF) {
      out[done.written++] = byte;
      ++done.read;
      continue;
    }
    if (done.read + 1 == size) {
      done.read = size;
      break;
    }
    done.at_marker = source[done.read + 1] != 0;
    if (done.at_marker) break;
    out[done.written++] = byte;
    done.read += 2;
  }
  return done;
}

}  // namespace slabring::native_jpeg::plain
