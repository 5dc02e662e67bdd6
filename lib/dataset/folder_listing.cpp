#include "dataset/folder_listing.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <system_error>

#include "slabring/error.hpp"

namespace slabring {
namespace {

struct CloseFolder {
  void operator()(DIR* folder) const noexcept { ::closedir(folder); }
};
using OpenFolder = std::unique_ptr<DIR, CloseFolder>;

/// ASCII only: no other letter becomes one of an ASCII ending in torchvision's str.lower() either, but the Kelvin sign.
char lower_case(char c) noexcept { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

[[noreturn]] void refuse(const std::string& path, int error) {
  throw Error(ErrorCode::dataset,
              fmt::format("folder {} cannot be listed: {}", path, std::generic_category().message(error)));
}

/// As Python's DirEntry.is_dir(): follows links; what cannot be looked at is no folder.
bool is_folder(int parent, const dirent& entry) noexcept {
  if (entry.d_type != DT_UNKNOWN && entry.d_type != DT_LNK) return entry.d_type == DT_DIR;
  struct stat status {};
  return ::fstatat(parent, entry.d_name, &status, 0) == 0 && S_ISDIR(status.st_mode);
}

bool is_link(int parent, const dirent& entry) noexcept {
  if (entry.d_type != DT_UNKNOWN) return entry.d_type == DT_LNK;
  struct stat status {};
  return ::fstatat(parent, entry.d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(status.st_mode);
}

FolderStamp stamp_from(const struct stat& status) noexcept {
  const auto ns_of = [](const timespec& time) { return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec; };
  return {ns_of(status.st_mtim), ns_of(status.st_ctim)};
}

/// The next entry but "." and ".."; null at the end.
const dirent* next_entry(DIR* folder, const std::string& path) {
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(folder);
    if (entry == nullptr && errno != 0) refuse(path, errno);
    if (entry == nullptr) return nullptr;
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") return entry;
  }
}

}  // namespace

ExtensionFilter::ExtensionFilter(std::span<const std::string> extensions)
    : lower_case_(extensions.begin(), extensions.end()) {
  if (lower_case_.empty()) {
    throw Error(ErrorCode::invalid_argument, "ImageFolderOptions::extensions is empty, so no file would count");
  }
  for (std::string& extension : lower_case_)
    std::transform(extension.begin(), extension.end(), extension.begin(), lower_case);
}

bool ExtensionFilter::operator()(std::string_view name) const noexcept {
  const auto ends_name = [name](const std::string& extension) {
    return name.size() >= extension.size() &&
           std::equal(extension.begin(), extension.end(), name.end() - static_cast<std::ptrdiff_t>(extension.size()),
                      [](char wanted, char found) { return wanted == lower_case(found); });
  };
  return std::any_of(lower_case_.begin(), lower_case_.end(), ends_name);
}

std::string ExtensionFilter::joined() const { return fmt::format("{}", fmt::join(lower_case_, ", ")); }

std::optional<FolderStamp> stamp_of_folder(const std::string& path) noexcept {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0 || !S_ISDIR(status.st_mode)) return std::nullopt;
  return stamp_from(status);
}

FolderListing list_folder(const std::string& path, const ExtensionFilter& is_wanted) {
  const OpenFolder folder(::opendir(path.c_str()));
  if (!folder) refuse(path, errno);
  const int fd = ::dirfd(folder.get());
  struct stat status {};
  if (::fstat(fd, &status) != 0) refuse(path, errno);

  FolderListing listing{{status.st_dev, status.st_ino}, stamp_from(status), {}, {}, {}};
  while (const dirent* entry = next_entry(folder.get(), path)) {
    const bool folder_or_link_to_one = is_folder(fd, *entry);
    if (!folder_or_link_to_one && !is_wanted(entry->d_name)) continue;
    (folder_or_link_to_one ? listing.folders : listing.files).add(entry->d_name);
    if (is_link(fd, *entry)) listing.links.add(entry->d_name);
  }
  return listing;
}

NameList list_links(const std::string& path) {
  NameList links;
  const OpenFolder folder(::opendir(path.c_str()));
  if (!folder) return links;
  while (const dirent* entry = next_entry(folder.get(), path)) {
    if (is_link(::dirfd(folder.get()), *entry)) links.add(entry->d_name);
  }
  return links;
}

}  // namespace slabring
