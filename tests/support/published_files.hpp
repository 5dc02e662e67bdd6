#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>

namespace slabring::test {

/// An IDX file of bytes.
inline std::string idx_file(std::initializer_list<std::uint32_t> shape, const std::string& data, char type = 8) {
  std::string file{'\0', '\0', type, static_cast<char>(shape.size())};
  for (const std::uint32_t extent : shape) {
    for (int shift = 24; shift >= 0; shift -= 8) file += static_cast<char>(extent >> shift & 0xff);
  }
  return file + data;
}

/// Byte k of image i.
inline char pixel(std::size_t i, std::size_t k) { return static_cast<char>(i * 31 + k * 7 + (k >> 5)); }

/// `count` records of a CIFAR file with `labels` bytes of label each: sample i has i % 10, and with two i % 20 first.
inline std::string cifar_file(std::size_t count, std::size_t labels, std::size_t first = 0) {
  std::string file;
  for (std::size_t i = first; i < first + count; ++i) {
    if (labels == 2) file += static_cast<char>(i % 20);
    file += static_cast<char>(i % 10);
    for (std::size_t k = 0; k < 3072; ++k) file += pixel(i, k);
  }
  return file;
}

}  // namespace slabring::test
