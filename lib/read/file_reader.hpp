#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace slabring {

/// Reads whole files into a buffer it keeps: open, fstat (limit first), pread, close. Never maps a file: a truncation
/// by somebody else would be a SIGBUS. Owned by one worker; not thread-safe.
class FileReader {
 public:
  /// Shrinks its buffer again after a file larger than this.
  static constexpr std::size_t keep_bytes = std::size_t{4} << 20;

  /// The file's bytes, valid until the next call. Throws SampleFailure: open_failed, read_failed, empty, too_large,
  /// with the operating system's reason.
  std::span<const std::byte> read(const std::string& path, std::uint64_t max_bytes);

 private:
  std::vector<std::byte> buffer_;
};

/// Starts reading `path` into the page cache and returns at once; any failure is ignored.
void read_ahead(const char* path) noexcept;

}  // namespace slabring
