#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

namespace slabring::test {

/// The bytes of a .npy file as numpy writes it. `dictionary` stands for the header's, as it comes.
inline std::string npy_file(std::string dictionary, std::string_view data, char version = 1) {
  const std::size_t before = version == 1 ? 10 : 12;
  while ((before + dictionary.size() + 1) % 64 != 0) dictionary += ' ';
  dictionary += '\n';
  std::string file("\x93NUMPY");
  file += version;
  file += '\0';
  for (std::size_t i = 0; i < before - 8; ++i) file += static_cast<char>(dictionary.size() >> (8 * i) & 0xff);
  return file.append(dictionary).append(data);
}

inline std::string npy_file(std::string_view descr, std::string_view shape, std::string_view data) {
  std::string dictionary("{'descr': '");
  dictionary.append(descr).append("', 'fortran_order': False, 'shape': ").append(shape).append(", }");
  return npy_file(std::move(dictionary), data);
}

template <class T>
std::string bytes_of(std::span<const T> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

}  // namespace slabring::test
