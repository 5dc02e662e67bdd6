#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dataset/name_list.hpp"

namespace slabring {

/// Which file names count: by their endings, compared without case, as torchvision's has_file_allowed_extension.
class ExtensionFilter {
 public:
  /// Throws Error(invalid_argument) when `extensions` is empty.
  explicit ExtensionFilter(std::span<const std::string> extensions);
  bool operator()(std::string_view name) const noexcept;
  /// ".jpg, .png": for messages.
  std::string joined() const;

 private:
  std::vector<std::string> lower_case_;
};

/// Another one when an entry was added, removed or renamed since. The time of change, unlike that of modification,
/// cannot be set, as tar and rsync do.
struct FolderStamp {
  std::int64_t modified_ns = 0;
  std::int64_t changed_ns = 0;
  bool operator==(const FolderStamp&) const = default;
};

/// nullopt: it is not there, or no folder.
std::optional<FolderStamp> stamp_of_folder(const std::string& path) noexcept;

/// What one folder holds, unsorted.
struct FolderListing {
  std::pair<dev_t, ino_t> identity;  ///< the same for every path to the folder
  FolderStamp stamp;                 ///< before it was listed
  NameList folders;                  ///< and links to folders
  NameList files;                    ///< everything else that the filter lets through, dangling links too
  NameList links;                    ///< those of both that are links
};

/// Lists the folder `path`. Asks the file system about single entries only where the listing does not say what they
/// are: for links, and for all on file systems without types. Throws Error(dataset) when it cannot be listed.
FolderListing list_folder(const std::string& path, const ExtensionFilter& is_wanted);

/// The links among what the folder `path` holds; none when it cannot be listed.
NameList list_links(const std::string& path);

}  // namespace slabring
