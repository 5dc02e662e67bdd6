#pragma once

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "support/temporary_folder.hpp"

namespace slabring::test {

/// A temporary folder whose paths are strings, as the arguments of a program are.
class Folder : private TemporaryFolder {
 public:
  std::string path() const { return TemporaryFolder::path().string(); }
  /// The path of something in it.
  std::string operator/(std::string_view name) const { return (TemporaryFolder::path() / name).string(); }
  /// Writes a file, and the folders it lies in; returns its path.
  std::string write(std::string_view name, std::string_view contents) const {
    return TemporaryFolder::write(name, contents).string();
  }
};

inline std::string contents_of(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace slabring::test
