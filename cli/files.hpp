#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "base/unique_fd.hpp"

namespace slabring::cli {

/// All of a small text file. Throws SampleFailure with the operating system's reason; an empty file is a failure too.
std::string read_text(const std::string& path);

/// A file that is written under another name, which is removed unless the file is given its own in the end, so that
/// nobody ever sees half of it. All throw Error(io) that names the path.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::filesystem::path& target);
  ~TemporaryFile();
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  void append(std::span<const std::byte> bytes);
  void rename_to_target();

 private:
  std::filesystem::path target_;
  std::string path_;
  UniqueFd fd_;
  bool renamed_ = false;
};

/// Writes `parts`, one after the other, as the file `path`, by way of a TemporaryFile.
void write_whole(const std::filesystem::path& path, std::initializer_list<std::span<const std::byte>> parts);

/// The bytes of a text, for write_whole().
inline std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

}  // namespace slabring::cli
