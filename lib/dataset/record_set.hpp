#pragma once

#include <nlohmann/json_fwd.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dataset/record_table.hpp"
#include "read/record_files.hpp"
#include "slabring/dataset.hpp"

namespace slabring {

/// Records of several large files: what tar shards and TFRecord files have in common.
class RecordSet {
 public:
  RecordSet(std::vector<RecordFile> files, UniqueFd table) : files_(std::move(files)), table_(std::move(table)) {}
  /// `what` is for messages: "tar shards". Throws Error(dataset).
  RecordSet(const DatasetRecipe& recipe, std::string_view what);

  /// With the members of `more` in its configuration.
  DatasetRecipe recipe(std::string_view kind, const nlohmann::json& more) const;

  const RecordTable& table() const noexcept { return table_; }
  const RecordFiles& files() const noexcept { return files_; }

  /// The record's bytes, in the buffer of `sample`. Throws SampleFailure; too_large before anything is allocated.
  std::span<const std::byte> read(SampleId id, Sample& sample) const;
  /// "FILE, sample NAME".
  std::string describe(SampleId id) const;
  void will_need(SampleId id) const noexcept;

 private:
  RecordFiles files_;
  RecordTable table_;
};

/// What a record may have at most, as a file may (DecodeLimits::max_file_bytes).
inline constexpr std::uint64_t most_record_bytes = std::uint64_t{1} << 30;

/// Stamps of the files as JSON: part of what an index depends on, and of recipes.
nlohmann::json files_to_json(std::span<const RecordFile> files);
/// What an index of the files is called: the same however they change.
std::string name_of(std::span<const RecordFile> files);
/// The named files as they are now. Throws Error(dataset).
std::vector<RecordFile> files_as_they_are(std::span<const std::string> paths);

}  // namespace slabring
