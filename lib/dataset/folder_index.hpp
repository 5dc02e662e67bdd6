#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/unique_fd.hpp"
#include "dataset/folder_listing.hpp"

namespace slabring {

/// A folder as it was when it was listed.
struct ListedFolder {
  std::string path;  ///< relative to the root; empty: the root itself
  FolderStamp stamp;
};

/// What ImageFolder finds under its root.
struct FolderIndex {
  std::vector<std::string> classes;  ///< by label; empty for a flat folder
  UniqueFd table;                    ///< a FileTable: paths relative to the root, numbered
  std::vector<std::string> roots;    ///< folders beneath which the files lie: the root, and where links lead
  std::vector<ListedFolder> listed;  ///< all that were looked into: what the index depends on
  bool has_links = false;            ///< then it depends on more than these
};

/// Walks through `root` and numbers its files as torchvision's ImageFolder does (0.14,
/// torchvision/datasets/folder.py):
///
///   classes  sorted names of the sub-folders and links to folders, hidden ones too
///   samples  per class: for folder, _, names in sorted(os.walk(class, followlinks=True)): sorted(names), those with a
///            wanted ending. The sort is by the folder's whole path, so "a-b" comes before "a/b".
///
/// It differs on purpose where torchvision goes wrong without a word: a folder that cannot be listed is an error, not
/// skipped; a link to a folder it lies in is an error, not walked forty times.
///
/// Throws Error(dataset), naming the folder: missing, no folder, unreadable, empty, classes without files, endless.
FolderIndex index_folder(const std::string& root, const ExtensionFilter& is_wanted);

/// Asked after each class whether to go on.
using GoOn = std::function<bool(const FolderIndex& so_far, std::uint64_t samples)>;

/// The same; nullopt when `go_on` said no.
std::optional<FolderIndex> index_folder(const std::string& root, const ExtensionFilter& is_wanted, const GoOn& go_on);

}  // namespace slabring
