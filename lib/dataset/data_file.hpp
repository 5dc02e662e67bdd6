#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "base/file_mapping.hpp"
#include "base/unique_fd.hpp"

namespace slabring {

/// A file of a dataset as it was published, whole and in memory: mapped, or, where it is gzipped, unpacked once into
/// sealed memory that every process shares.
class DataFile {
 public:
  /// Unpacked files may have this many bytes.
  static constexpr std::size_t max_unpacked_bytes = std::size_t{2} << 30;

  /// Throws Error(dataset) that names the file: missing, no file, empty, a damaged or endless gzip file.
  explicit DataFile(std::string name);
  /// What another process unpacked. Throws Error(dataset).
  DataFile(std::string name, UniqueFd unpacked);

  const std::string& name() const noexcept { return name_; }
  std::span<const std::byte> bytes() const noexcept { return mapping_.bytes(); }
  /// The sealed memory; -1: the file itself is mapped.
  int unpacked_fd() const noexcept { return unpacked_.get(); }

 private:
  std::string name_;
  UniqueFd unpacked_;
  FileMapping mapping_;
};

}  // namespace slabring
