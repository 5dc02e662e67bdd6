#include <fcntl.h>
#include <fmt/format.h>
#include <limits.h>
#include <nlohmann/json.hpp>

#include <cstring>
#include <system_error>

#include "base/fingerprint.hpp"
#include "base/sample_failure.hpp"
#include "dataset/file_table.hpp"
#include "dataset/folder_index.hpp"
#include "dataset/name_list.hpp"
#include "read/file_reader.hpp"
#include "slabring/dataset.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

using Json = nlohmann::json;

/// Absolute, so that a change of the current folder does not matter, and without a slash at the end.
std::filesystem::path absolute_root(const std::filesystem::path& root) {
  if (root.empty()) throw Error(ErrorCode::dataset, "the dataset's folder is the empty path");
  std::error_code error;
  const auto absolute = std::filesystem::absolute(root, error);
  if (error) {
    throw Error(ErrorCode::dataset, fmt::format("{} cannot be made absolute: {}", root.native(), error.message()));
  }
  return absolute.has_filename() ? absolute : absolute.parent_path();
}

/// JSON strings are UTF-8, file names any bytes: those that are not UTF-8 become arrays of numbers.
Json name_to_json(const std::string& name) {
  if (is_utf8(name)) return name;
  return std::vector<std::uint8_t>(name.begin(), name.end());
}

std::string name_from_json(const Json& json) {
  if (json.is_string()) return json.get<std::string>();
  const auto bytes = json.get<std::vector<std::uint8_t>>();
  return {bytes.begin(), bytes.end()};
}

UniqueFd own_copy(int fd) {
  UniqueFd copy(::fcntl(fd, F_DUPFD_CLOEXEC, 3));
  if (!copy) {
    throw Error(ErrorCode::dataset, fmt::format("the file table's descriptor {} cannot be duplicated: {}", fd,
                                                std::generic_category().message(errno)));
  }
  return copy;
}

}  // namespace

ImageFolder::ImageFolder() = default;
ImageFolder::~ImageFolder() = default;
ImageFolder::ImageFolder(ImageFolder&&) noexcept = default;
ImageFolder& ImageFolder::operator=(ImageFolder&&) noexcept = default;

ImageFolder::ImageFolder(const std::filesystem::path& root, const ImageFolderOptions& options)
    : root_(absolute_root(root)) {
  FolderIndex index = index_folder(root_.native(), ExtensionFilter(options.extensions));
  classes_ = std::move(index.classes);
  roots_ = std::move(index.roots);
  table_ = std::make_unique<FileTable>(std::move(index.table));
}

std::unique_ptr<Dataset> ImageFolder::from_recipe(const DatasetRecipe& recipe) {
  if (recipe.fds.size() != 1) {
    throw Error(ErrorCode::dataset,
                fmt::format("the recipe of an image folder has {} descriptors instead of 1", recipe.fds.size()));
  }
  std::unique_ptr<ImageFolder> folder(new ImageFolder);
  try {
    const Json config = Json::parse(recipe.config);
    folder->root_ = name_from_json(config.at("root"));
    for (const Json& name : config.at("read_roots")) folder->roots_.push_back(name_from_json(name));
    for (const Json& name : config.at("classes")) folder->classes_.push_back(name_from_json(name));
  } catch (const Json::exception& error) {
    throw Error(ErrorCode::dataset, fmt::format("the recipe of an image folder is malformed: {}", error.what()));
  }
  folder->table_ = std::make_unique<FileTable>(own_copy(recipe.fds[0]));
  return folder;
}

std::optional<DatasetRecipe> ImageFolder::recipe() const {
  Json config = {{"root", name_to_json(root_.native())}, {"read_roots", Json::array()}, {"classes", Json::array()}};
  for (const std::string& name : roots_) config["read_roots"].push_back(name_to_json(name));
  for (const std::string& name : classes_) config["classes"].push_back(name_to_json(name));
  return DatasetRecipe{"folder", config.dump(), {table_->fd()}};
}

std::vector<std::string> ImageFolder::read_roots() const { return roots_; }

std::uint64_t ImageFolder::fingerprint() const { return fingerprint_of(table_->contents()); }

std::uint64_t ImageFolder::size() const { return table_->size(); }

std::int64_t ImageFolder::label(SampleId id) const { return table_->label(to_index(id)); }

std::span<const std::string> ImageFolder::classes() const noexcept { return classes_; }

void ImageFolder::load(SampleId id, Sample& sample) const {
  const std::string_view path = table_->path(to_index(id));
  if (path.empty()) {
    throw SampleFailure(SampleStatus::dataset_failed, "its entry in the file table points outside the table");
  }
  sample.set_label(label(id));
  sample.from_file(root_.native(), path);
}

std::string ImageFolder::describe(SampleId id) const {
  const std::string_view path = table_->path(to_index(id));
  return path.empty() ? Dataset::describe(id) : fmt::format("{}/{}", root_.native(), path);
}

void ImageFolder::will_need(SampleId id) const noexcept {
  char full[PATH_MAX];
  const std::string& root = root_.native();
  const std::string_view path = table_->path(to_index(id));
  if (path.empty() || root.size() + 1 + path.size() >= sizeof full) return;
  std::memcpy(full, root.data(), root.size());
  full[root.size()] = '/';
  std::memcpy(full + root.size() + 1, path.data(), path.size());
  full[root.size() + 1 + path.size()] = '\0';
  read_ahead(full);
}

}  // namespace slabring
