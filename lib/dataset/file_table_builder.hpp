#pragma once

#include <cstdint>
#include <string_view>

#include "dataset/file_table_layout.hpp"
#include "dataset/flat_table_builder.hpp"

namespace slabring {

/// Makes a FileTable's memory, file by file.
class FileTableBuilder {
 public:
  FileTableBuilder() : table_(file_table::kind) {}

  /// Appends a sample. Requires: `path` is not empty. Throws Error(memory).
  void add(std::string_view path, std::int32_t label) {
    const std::uint64_t offset = table_.add_name(path);
    table_.add_entry(file_table::Entry{offset, static_cast<std::uint32_t>(path.size()), label});
  }
  std::uint64_t size() const noexcept { return table_.size(); }

  /// The sealed table, for FileTable's constructor. Throws Error(memory). Ends the builder's use.
  UniqueFd finish() { return table_.finish(); }

 private:
  FlatTableBuilder table_;
};

}  // namespace slabring
