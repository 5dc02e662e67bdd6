#include "dataset/file_set.hpp"

#include <fmt/format.h>
#include <limits.h>

#include <cstring>
#include <filesystem>
#include <system_error>

#include "base/sample_failure.hpp"
#include "dataset/recipe_json.hpp"
#include "read/file_reader.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

bool is_absolute(std::string_view path) noexcept { return path.front() == '/'; }

}  // namespace

std::string absolute_root(const std::string& path) {
  if (path.empty()) throw Error(ErrorCode::dataset, "the dataset's folder is the empty path");
  std::error_code error;
  const auto absolute = std::filesystem::absolute(path, error);
  if (error) throw Error(ErrorCode::dataset, fmt::format("{} cannot be made absolute: {}", path, error.message()));
  return (absolute.has_filename() ? absolute : absolute.parent_path()).native();
}

FileSet::FileSet(std::string root, std::vector<std::string> classes, std::vector<std::string> read_roots,
                 UniqueFd table)
    : root_(std::move(root)),
      classes_(std::move(classes)),
      read_roots_(std::move(read_roots)),
      table_(std::make_unique<FileTable>(std::move(table))) {}

FileSet::FileSet(const DatasetRecipe& recipe, std::string_view what) {
  const nlohmann::json config = recipe_config(recipe, 1, what);
  try {
    root_ = name_from_json(config.at("root"));
    read_roots_ = names_from_json(config.at("read_roots"));
    classes_ = names_from_json(config.at("classes"));
  } catch (const nlohmann::json::exception& error) {
    refuse_recipe(what, error);
  }
  table_ = std::make_unique<FileTable>(own_copy(recipe.fds[0]));
}

DatasetRecipe FileSet::recipe(std::string_view kind) const {
  const nlohmann::json config = {
      {"root", name_to_json(root_)}, {"read_roots", names_to_json(read_roots_)}, {"classes", names_to_json(classes_)}};
  return {std::string(kind), config.dump(), {table_->fd()}};
}

void FileSet::load(SampleId id, Sample& sample) const {
  const std::string_view path = table_->path(to_index(id));
  if (path.empty()) {
    throw SampleFailure(SampleStatus::dataset_failed, "its entry in the file table points outside the table");
  }
  sample.set_label(table_->label(to_index(id)));
  if (is_absolute(path)) {
    sample.from_file(path);
  } else {
    sample.from_file(root_, path);
  }
}

std::optional<std::string> FileSet::describe(SampleId id) const {
  const std::string_view path = table_->path(to_index(id));
  if (path.empty()) return std::nullopt;
  return is_absolute(path) ? std::string(path) : fmt::format("{}/{}", root_, path);
}

void FileSet::will_need(SampleId id) const noexcept {
  char full[PATH_MAX];
  const std::string_view path = table_->path(to_index(id));
  if (path.empty()) return;
  const std::size_t before = is_absolute(path) ? 0 : root_.size() + 1;
  if (before + path.size() >= sizeof full) return;
  if (before > 0) {
    std::memcpy(full, root_.data(), root_.size());
    full[root_.size()] = '/';
  }
  std::memcpy(full + before, path.data(), path.size());
  full[before + path.size()] = '\0';
  read_ahead(full);
}

}  // namespace slabring
