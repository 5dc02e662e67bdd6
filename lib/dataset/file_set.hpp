#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dataset/file_table.hpp"
#include "slabring/dataset.hpp"

namespace slabring {

/// Labelled image files beneath a folder: what an image folder and a manifest have in common.
class FileSet {
 public:
  /// `root`: absolute; relative paths of the table begin there. `read_roots`: as Dataset::read_roots().
  FileSet(std::string root, std::vector<std::string> classes, std::vector<std::string> read_roots, UniqueFd table);
  /// `what` is for messages: "an image folder". Throws Error(dataset).
  FileSet(const DatasetRecipe& recipe, std::string_view what);

  DatasetRecipe recipe(std::string_view kind) const;

  const std::string& root() const noexcept { return root_; }
  const FileTable& table() const noexcept { return *table_; }
  const std::vector<std::string>& read_roots() const noexcept { return read_roots_; }
  std::span<const std::string> classes() const noexcept { return classes_; }

  // As of Dataset.
  void load(SampleId id, Sample& sample) const;
  /// nullopt: the entry points outside the table.
  std::optional<std::string> describe(SampleId id) const;
  void will_need(SampleId id) const noexcept;

 private:
  std::string root_;
  std::vector<std::string> classes_;
  std::vector<std::string> read_roots_;
  std::unique_ptr<FileTable> table_;
};

/// Absolute, so that a change of the current folder does not matter, and without a slash at the end. Throws
/// Error(dataset).
std::string absolute_root(const std::string& path);

}  // namespace slabring
