#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dataset/file_set.hpp"
#include "dataset/source_request.hpp"
#include "slabring/dataset.hpp"

namespace slabring {

/// A folder of `.npy` files, one sample each, numbered and labelled as an ImageFolder numbers images. The first sound
/// file says what form the samples have; a file of another one is a fault of its sample.
class NpyFolder : public Dataset {
 public:
  /// Throws Error(dataset) as ImageFolder does, and where none of the first files is sound.
  explicit NpyFolder(const std::string& root);
  explicit NpyFolder(const DatasetRecipe& recipe);

  std::uint64_t size() const override { return files_.table().size(); }
  /// Reads the file into the sample's buffer.
  void load(SampleId id, Sample& sample) const override;
  std::string describe(SampleId id) const override { return files_.describe(id).value_or(Dataset::describe(id)); }
  void will_need(SampleId id) const noexcept override { files_.will_need(id); }
  std::span<const std::string> classes() const noexcept override { return files_.classes(); }
  std::optional<ArrayForm> sample_array() const override { return form_; }
  /// Of the relative paths, the labels and the form.
  std::uint64_t fingerprint() const override;
  std::vector<std::string> read_roots() const override { return files_.read_roots(); }
  std::optional<DatasetRecipe> recipe() const override;

 private:
  ArrayForm first_form() const;

  FileSet files_;
  ArrayForm form_;
};

// For the table of kinds.
std::unique_ptr<Dataset> open_npy_folder(SourceRequest& request);
std::unique_ptr<Dataset> open_npy_folder_recipe(const DatasetRecipe& recipe);

}  // namespace slabring
