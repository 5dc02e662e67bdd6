#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/unique_fd.hpp"

namespace slabring {

/// What tells a file from what it was when it was indexed.
struct FileStamp {
  std::uint64_t bytes = 0;
  std::int64_t modified_ns = 0;
  bool operator==(const FileStamp&) const = default;
};

/// Throws Error(dataset): missing, not a regular file.
FileStamp stamp_of(const std::string& path);

/// A file with records in it, as it was indexed.
struct RecordFile {
  std::string path;  ///< absolute
  FileStamp stamp;
};

/// Large files of which records are read at positions. Each process opens a file when it first needs it, and never uses
/// a descriptor of the process it was forked from. At most `most_open` are open at a time, so that a dataset of
/// thousands of shards fits the descriptors that a worker may have. Thread-safe.
class RecordFiles {
 public:
  explicit RecordFiles(std::vector<RecordFile> files) : files_(std::move(files)) {}
  ~RecordFiles();
  RecordFiles(const RecordFiles&) = delete;
  RecordFiles& operator=(const RecordFiles&) = delete;

  std::span<const RecordFile> files() const noexcept { return files_; }

  /// Fills `bytes` from `offset` of file number `file`. Throws SampleFailure: open_failed (also when the file is
  /// another than was indexed), read_failed, truncated when the file ends before. Requires: file < files().size().
  void read(std::size_t file, std::uint64_t offset, std::span<std::byte> bytes) const;

  /// Starts reading that part into the page cache; failures are ignored.
  void will_need(std::size_t file, std::uint64_t offset, std::uint64_t bytes) const noexcept;

  /// The folders of the files, links followed: Dataset::read_roots().
  std::vector<std::string> read_roots() const;

 private:
  static constexpr std::size_t most_open = 64;
  using Opened = std::shared_ptr<const UniqueFd>;

  Opened open(std::size_t file) const;
  void forget_those_of_another_process() const;

  std::vector<RecordFile> files_;
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  mutable pid_t owner_ = 0;
  mutable std::unordered_map<std::size_t, Opened> opened_;
  mutable std::size_t oldest_ = 0;
  mutable std::vector<std::size_t> order_;  ///< a ring of what was opened when
};

}  // namespace slabring
