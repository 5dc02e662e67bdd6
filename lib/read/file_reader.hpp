#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace slabring {

/// Reads whole files into a buffer it keeps. Never maps a file: a truncation by somebody else would be a SIGBUS.
///
/// Owned by one worker; not thread-safe.
class FileReader {
 public:
  /// Shrinks its buffer again after a file larger than this.
  static constexpr std::size_t keep_bytes = std::size_t{4} << 20;

  /// The file's bytes, valid until the next call. The size is checked before anything is allocated.
  ///
  /// Throws SampleFailure with the operating system's reason: open_failed (missing, not allowed, or not a regular
  /// file: devices and pipes are not waited for), read_failed (also when the file shrank meanwhile), empty, too_large
  /// (more than `max_bytes`), out_of_memory. A file that grew meanwhile is read up to the size it had when opened.
  std::span<const std::byte> read(const std::string& path, std::uint64_t max_bytes);

  /// Bytes of memory held now; for tests of memory growth.
  std::size_t capacity() const noexcept { return capacity_; }

 private:
  std::span<std::byte> room_for(std::size_t bytes);

  std::unique_ptr<std::byte[]> buffer_;
  std::size_t capacity_ = 0;
};

/// Starts reading `path` into the page cache and returns at once; any failure is ignored.
void read_ahead(const char* path) noexcept;

}  // namespace slabring
