#pragma once

#include <string>
#include <vector>

#include "dataset/folder_listing.hpp"

namespace slabring {

/// Beneath which folders the files of a dataset really lie, once links are followed: Dataset::read_roots().
class RealRoots {
 public:
  explicit RealRoots(const std::string& root);

  /// Looks at the links among what `folder` holds.
  void follow_links(const std::string& folder, const FolderListing& listing);
  /// Adds the folder that `path`, a file or a folder, really lies in or is. What is not there adds nothing.
  void follow(const std::string& path);

  /// "/" alone when there are more than 64.
  std::vector<std::string> take() && { return std::move(roots_); }

 private:
  static constexpr std::size_t most = 64;
  std::vector<std::string> roots_;
};

}  // namespace slabring
