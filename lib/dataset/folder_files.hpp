#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "dataset/file_set.hpp"
#include "slabring/dataset.hpp"

namespace slabring {

/// When an index of a folder is kept.
struct FolderKeeping {
  /// A smaller folder is listed faster than an index of it is worth a file.
  std::uint64_t least_samples = 20'000;
  /// Times of change are as coarse as a clock's tick, or a second: what changes right after it was listed may have the
  /// time that was noted.
  std::chrono::nanoseconds settled_after = std::chrono::seconds(2);
};

/// The files of an ImageFolder: from a kept index if no folder has changed since, or listed (dataset/folder_index.hpp).
/// Throws Error(dataset).
std::unique_ptr<FileSet> open_folder_files(const std::filesystem::path& path, const ImageFolderOptions& options,
                                           const SourceOptions& source_options, const FolderKeeping& keeping = {});

}  // namespace slabring
