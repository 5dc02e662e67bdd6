#include "dataset/folder_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "dataset/folder_index.hpp"
#include "dataset/index_cache.hpp"
#include "dataset/recipe_json.hpp"

namespace slabring {
namespace {

using nlohmann::json;

constexpr const char* listed = "listed";
/// To look at a folder takes about as long as to list a few files.
constexpr std::uint64_t least_samples_a_folder = 16;
std::int64_t now_ns() { return std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count(); }

/// As a FileSet's recipe, and the folders with their stamps.
std::string about_of(const FileSet& files, const FolderIndex& index) {
  json about = json::parse(files.recipe("folder").config);
  for (const ListedFolder& folder : index.listed) {
    about[listed].push_back({name_to_json(folder.path), folder.stamp.modified_ns, folder.stamp.changed_ns});
  }
  return about.dump();
}

/// Nothing was added to any folder, and nothing taken away. False for what is no such text at all.
bool still_holds(const std::string& root, const std::string& about) try {
  const json folders = json::parse(about).at(listed);
  return std::all_of(folders.begin(), folders.end(), [&root](const json& folder) {
    const std::string path = name_from_json(folder.at(0));
    const FolderStamp stamp{folder.at(1).get<std::int64_t>(), folder.at(2).get<std::int64_t>()};
    return stamp_of_folder(path.empty() ? root : root + '/' + path) == stamp;
  });
} catch (const json::exception&) {
  return false;
}

/// Decides while a folder is listed whether its index is one to keep: as early as possible, since other processes wait
/// for it.
class KeepingIndex {
 public:
  KeepingIndex(IndexCache& cache, const FolderKeeping& keeping)
      : cache_(cache), keeping_(keeping), settled_ns_(now_ns() - keeping.settled_after.count()) {}

  /// The index of another process that was faster, once that has come.
  std::optional<KeptIndex> look_at(const FolderIndex& so_far, std::uint64_t samples) {
    if (samples < keeping_.least_samples || !why_not_.empty()) return std::nullopt;
    why_not_ = why_not(so_far, samples);
    looked_at_ = so_far.listed.size();
    if (!why_not_.empty()) cache_.stop();
    if (begun_ || !why_not_.empty()) return std::nullopt;
    begun_ = true;
    return cache_.wait_or_begin();
  }

  KeptIndex keep(KeptIndex made) {
    return why_not_.empty() ? cache_.keep(std::move(made)) : cache_.leave(std::move(made), why_not_);
  }
  bool is_worth_it() const noexcept { return begun_ || !why_not_.empty(); }

 private:
  /// Half a sentence when an index must not be used again; empty when it may.
  std::string why_not(const FolderIndex& so_far, std::uint64_t samples) const {
    if (so_far.has_links) return "there are links in the folder, and what they lead to may change unseen";
    if (samples < least_samples_a_folder * so_far.listed.size()) {
      return fmt::format("{} folders of {} samples take as long to look at as to list", so_far.listed.size(), samples);
    }
    const auto new_ones = std::span(so_far.listed).subspan(looked_at_);
    if (std::any_of(new_ones.begin(), new_ones.end(),
                    [this](const ListedFolder& folder) { return folder.stamp.changed_ns > settled_ns_; })) {
      return "the folder was changed right before it was listed, and may still be changing";
    }
    return {};
  }

  IndexCache& cache_;
  FolderKeeping keeping_;
  std::int64_t settled_ns_;
  std::size_t looked_at_ = 0;
  bool begun_ = false;
  std::string why_not_;
};

std::unique_ptr<FileSet> files_of(const KeptIndex& index) {
  return std::make_unique<FileSet>(DatasetRecipe{"folder", index.about, {index.table.get()}}, "an image folder");
}

}  // namespace

std::unique_ptr<FileSet> open_folder_files(const std::filesystem::path& path, const ImageFolderOptions& options,
                                           const SourceOptions& source_options, const FolderKeeping& keeping) {
  const std::string root = absolute_root(path.native());
  const ExtensionFilter is_wanted(options.extensions);
  const std::string name = json{{"root", name_to_json(root)}, {"extensions", names_to_json(options.extensions)}}.dump();
  IndexCache cache(source_options, "folder", root, name, "1 " + name,
                   [&root](const std::string& about) { return still_holds(root, about); });
  if (const auto kept = cache.load()) return files_of(*kept);

  KeepingIndex keeping_index(cache, keeping);
  std::optional<KeptIndex> of_another;
  auto index = index_folder(root, is_wanted, [&](const FolderIndex& so_far, std::uint64_t samples) {
    if (source_options.progress) {
      IndexProgress now;
      now.source = root;
      now.samples = samples;
      source_options.progress(now);
    }
    of_another = keeping_index.look_at(so_far, samples);
    return !of_another;
  });
  if (of_another) return files_of(*of_another);

  auto files = std::make_unique<FileSet>(root, index->classes, index->roots, std::move(index->table));
  if (!keeping_index.is_worth_it()) return files;
  return files_of(keeping_index.keep({about_of(*files, *index), own_copy(files->table().fd())}));
}

}  // namespace slabring
