#include "dataset/folder_index.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <span>
#include <system_error>
#include <utility>

#include "dataset/file_table_builder.hpp"
#include "dataset/real_roots.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

void require_folder(const std::string& root) {
  std::error_code error;
  const auto status = std::filesystem::status(root, error);
  if (status.type() == std::filesystem::file_type::not_found) {
    throw Error(ErrorCode::dataset, fmt::format("there is no folder {}", root));
  }
  if (error) throw Error(ErrorCode::dataset, fmt::format("{} cannot be looked at: {}", root, error.message()));
  if (!std::filesystem::is_directory(status)) {
    throw Error(ErrorCode::dataset, fmt::format("{} is a file; a dataset of images is a folder", root));
  }
}

/// The folders of one class, each with its files.
class ClassWalk {
 public:
  ClassWalk(const std::string& root, const ExtensionFilter& is_wanted, RealRoots& roots, FolderIndex& index)
      : root_(root), is_wanted_(is_wanted), roots_(roots), index_(index) {}

  /// Appends the files beneath root/name to `table`; returns how many.
  std::uint64_t add_class(const std::string& name, std::int32_t label, FileTableBuilder& table) {
    folders_.clear();
    walk(name);
    std::sort(folders_.begin(), folders_.end(), [](const Folder& a, const Folder& b) { return a.key < b.key; });
    const std::uint64_t before = table.size();
    for (Folder& folder : folders_) add_files(folder, label, table);
    return table.size() - before;
  }

 private:
  struct Folder {
    std::string path;  ///< relative to the root
    std::string key;   ///< python_sort_key(path)
    NameList files;
  };
  struct Ancestor {
    std::pair<dev_t, ino_t> identity;
    std::string path;
  };

  void walk(const std::string& path) {
    FolderListing listing = list_folder(root_ + '/' + path, is_wanted_);
    refuse_cycle(listing, path);
    roots_.follow_links(root_ + '/' + path, listing);
    index_.listed.push_back({path, listing.stamp});
    index_.has_links = index_.has_links || !listing.links.empty();
    if (!listing.files.empty()) folders_.push_back({path, python_sort_key(path), std::move(listing.files)});
    ancestors_.push_back({listing.identity, path});
    for (std::size_t i = 0; i < listing.folders.size(); ++i) {
      walk(fmt::format("{}/{}", path, listing.folders[i]));
    }
    ancestors_.pop_back();
  }

  void refuse_cycle(const FolderListing& listing, const std::string& path) const {
    for (const Ancestor& ancestor : ancestors_) {
      if (ancestor.identity != listing.identity) continue;
      throw Error(ErrorCode::dataset,
                  fmt::format("{0}/{1} is a link back to {0}/{2}, in which it lies, so there is no end to the files; "
                              "remove the link",
                              root_, path, ancestor.path));
    }
  }

  void add_files(Folder& folder, std::int32_t label, FileTableBuilder& table) {
    folder.files.sort();
    for (std::size_t i = 0; i < folder.files.size(); ++i) {
      path_.assign(folder.path).append(1, '/').append(folder.files[i]);
      table.add(path_, label);
    }
  }

  const std::string& root_;
  const ExtensionFilter& is_wanted_;
  RealRoots& roots_;
  FolderIndex& index_;
  std::vector<Folder> folders_;
  std::vector<Ancestor> ancestors_;  ///< from the class folder to the one being walked
  std::string path_;
};

[[noreturn]] void refuse_empty_classes(const std::string& root, std::span<const std::string> names,
                                       const ExtensionFilter& is_wanted) {
  constexpr std::size_t most = 5;
  const auto named = names.first(std::min(names.size(), most));
  const std::string more = names.size() > most ? fmt::format(" and {} more", names.size() - most) : "";
  throw Error(ErrorCode::dataset,
              fmt::format("{}: found no image for the classes {}{}; a class folder must hold at least one file that "
                          "ends in {}",
                          root, fmt::join(named, ", "), more, is_wanted.joined()));
}

bool index_classes(const std::string& root, NameList& names, const ExtensionFilter& is_wanted, RealRoots& roots,
                   const GoOn& go_on, FolderIndex& index) {
  FileTableBuilder table;
  ClassWalk walk(root, is_wanted, roots, index);
  std::vector<std::string> empty;
  names.sort();
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::string& name = index.classes.emplace_back(names[i]);
    if (walk.add_class(name, static_cast<std::int32_t>(i), table) == 0) empty.push_back(name);
    if (!go_on(index, table.size())) return false;
  }
  if (!empty.empty()) refuse_empty_classes(root, empty, is_wanted);
  index.table = table.finish();
  return true;
}

bool index_flat(NameList& names, const GoOn& go_on, FolderIndex& index) {
  if (!go_on(index, names.size())) return false;
  FileTableBuilder table;
  names.sort();
  for (std::size_t i = 0; i < names.size(); ++i) table.add(names[i], -1);
  index.table = table.finish();
  return true;
}

}  // namespace

FolderIndex index_folder(const std::string& root, const ExtensionFilter& is_wanted) {
  return index_folder(root, is_wanted, [](const FolderIndex&, std::uint64_t) { return true; }).value();
}

std::optional<FolderIndex> index_folder(const std::string& root, const ExtensionFilter& is_wanted, const GoOn& go_on) {
  require_folder(root);
  FolderListing top = list_folder(root, is_wanted);
  if (top.folders.empty() && top.files.empty()) {
    throw Error(ErrorCode::dataset,
                fmt::format("{} holds neither class folders nor a file that ends in {}", root, is_wanted.joined()));
  }
  RealRoots roots(root);
  roots.follow_links(root, top);
  FolderIndex index;
  index.listed.push_back({"", top.stamp});
  index.has_links = !top.links.empty();
  const bool whole = top.folders.empty() ? index_flat(top.files, go_on, index)
                                         : index_classes(root, top.folders, is_wanted, roots, go_on, index);
  if (!whole) return std::nullopt;
  index.roots = std::move(roots).take();
  return index;
}

}  // namespace slabring
