#include "dataset/record_set.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/sample_failure.hpp"
#include "dataset/file_set.hpp"
#include "dataset/recipe_json.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

using nlohmann::json;

std::vector<RecordFile> files_of(const DatasetRecipe& recipe, std::string_view what) {
  const json config = recipe_config(recipe, 1, what);
  std::vector<RecordFile> files;
  try {
    for (const json& file : config.at("files")) {
      files.push_back({name_from_json(file.at(0)), {file.at(1).get<std::uint64_t>(), file.at(2).get<std::int64_t>()}});
    }
  } catch (const json::exception& error) {
    refuse_recipe(what, error);
  }
  return files;
}

}  // namespace

json files_to_json(std::span<const RecordFile> files) {
  json array = json::array();
  for (const RecordFile& file : files) {
    array.push_back({name_to_json(file.path), file.stamp.bytes, file.stamp.modified_ns});
  }
  return array;
}

std::string name_of(std::span<const RecordFile> files) {
  return fmt::format("{}\n{}\n", files.front().path, files.back().path);
}

std::vector<RecordFile> files_as_they_are(std::span<const std::string> paths) {
  std::vector<RecordFile> files;
  for (const std::string& path : paths) {
    const std::string absolute = absolute_root(path);
    files.push_back({absolute, stamp_of(absolute)});
  }
  return files;
}

RecordSet::RecordSet(const DatasetRecipe& recipe, std::string_view what)
    : files_(files_of(recipe, what)), table_(own_copy(recipe.fds[0])) {}

DatasetRecipe RecordSet::recipe(std::string_view kind, const json& more) const {
  json config = more;
  config["files"] = files_to_json(files_.files());
  return {std::string(kind), config.dump(), {table_.fd()}};
}

std::span<const std::byte> RecordSet::read(SampleId id, Sample& sample) const {
  const RecordEntry entry = table_[to_index(id)];
  if (entry.file >= files_.files().size()) {
    throw SampleFailure(SampleStatus::dataset_failed, "its entry in the record table names a file that there is not");
  }
  if (entry.bytes == 0) throw SampleFailure(SampleStatus::empty, "the record has no bytes");
  if (entry.bytes > most_record_bytes) {
    throw SampleFailure(SampleStatus::too_large,
                        fmt::format("the record has {} bytes, limit {}", entry.bytes, most_record_bytes));
  }
  std::vector<std::byte>& buffer = sample.buffer();
  buffer.resize(entry.bytes);
  files_.read(entry.file, entry.offset, buffer);
  return buffer;
}

std::string RecordSet::describe(SampleId id) const {
  const RecordEntry& entry = table_[to_index(id)];
  const std::string_view name = table_.name(to_index(id));
  if (entry.file >= files_.files().size()) return fmt::format("sample {}", to_index(id));
  const std::string& path = files_.files()[entry.file].path;
  return name.empty() ? fmt::format("{}, the record at {}", path, entry.offset)
                      : fmt::format("{}, sample {}", path, name);
}

void RecordSet::will_need(SampleId id) const noexcept {
  const RecordEntry& entry = table_[to_index(id)];
  if (entry.file < files_.files().size()) files_.will_need(entry.file, entry.offset, entry.bytes);
}

}  // namespace slabring
