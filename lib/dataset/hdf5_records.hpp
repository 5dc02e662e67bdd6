#pragma once

#include <nlohmann/json_fwd.hpp>

#include "dataset/record_set.hpp"
#include "slabring/dataset.hpp"
#include "slabring/sources.hpp"

namespace slabring {

class Hdf5Dataset;

/// Image files as values of variable length in HDF5 files: where each one's bytes are is found out once, then a sample
/// is one read, without libhdf5.
class Hdf5Records : public Dataset {
 public:
  Hdf5Records(std::vector<RecordFile> files, UniqueFd table) : records_(std::move(files), std::move(table)) {}
  explicit Hdf5Records(const DatasetRecipe& recipe);

  std::uint64_t size() const override { return records_.table().size(); }
  void load(SampleId id, Sample& sample) const override;
  std::string describe(SampleId id) const override;
  void will_need(SampleId id) const noexcept override { records_.will_need(id); }
  std::uint64_t fingerprint() const override;
  std::vector<std::string> read_roots() const override { return records_.files().read_roots(); }
  std::optional<DatasetRecipe> recipe() const override;

 private:
  RecordSet records_;
};

/// Whether a recipe of the kind hdf5 with this configuration is one of Hdf5Records.
bool is_hdf5_records(const nlohmann::json& config);

/// A RecordTable of what the references are to that `references` holds as samples, file after file. `files` are those
/// of `references`. Throws Error(dataset) that names the file.
UniqueFd index_hdf5_records(const Hdf5Dataset& references, std::span<const RecordFile> files,
                            const SourceOptions& options);

}  // namespace slabring
