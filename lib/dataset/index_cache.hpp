#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/unique_fd.hpp"
#include "slabring/sources.hpp"

namespace slabring {

/// An index as it was kept: the sealed memfd of its table, and whatever else belongs to it, as text.
struct KeptIndex {
  std::string about;
  UniqueFd table;
};

/// Indexes of sources, kept in files from one run to the next: a file for each source, replaced whole.
class IndexCache {
 public:
  /// `name`: which source, the same however its files change. `identity`: everything that decides what the index is,
  /// such as sizes and times of its files; an index of another identity is not used.
  IndexCache(const SourceOptions& options, std::string_view kind, std::string_view name, std::string identity);

  /// nullopt: there is none, or one of other files, or a damaged one.
  std::optional<KeptIndex> load() const;
  /// Failures are ignored: the index is made again the next time. Requires: `table` is sealed.
  void keep(std::string_view about, int table) const noexcept;

  /// Empty: nothing is kept.
  const std::filesystem::path& file() const noexcept { return file_; }

 private:
  std::string identity_;
  std::filesystem::path file_;
};

}  // namespace slabring
