#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "slabring/dataset.hpp"
#include "slabring/export.hpp"
#include "slabring/sample.hpp"

namespace slabring {

/// Whose memory a TensorDataset reads.
enum class ArrayMemory : std::uint8_t {
  copy,    ///< its own: copied once, into sealed memory that every process shares
  borrow,  ///< the caller's, which must outlive the dataset: for `workers = 0` and `start_method = fork`
};

struct TensorDatasetOptions {
  /// Of arrays in memory; files are mapped.
  ArrayMemory memory = ArrayMemory::copy;
  /// The second array holds the labels. Unset: where it has one axis and an integer type other than u64; else it is an
  /// extra array like those behind it, and labels are -1.
  std::optional<bool> labels{};
  /// What each of the arrays is called, which for extra arrays is what a batch calls them; empty: they have no names.
  std::vector<std::string> names{};
};

/// Arrays that lie side by side, as PyTorch's TensorDataset: sample i is element i along the first axis of each. Of the
/// first a batch has the samples (Batch::images), of the second the labels, and the others as they are (Batch::array).
/// Without an array of labels (TensorDatasetOptions::labels) labels are -1.
///
/// There is one copy of the arrays on the machine, whatever the number of workers: sealed memory, or the page cache of
/// files, which are mapped. A file that is made shorter meanwhile takes down whoever reads it (SIGBUS): a worker, whose
/// samples are then quarantined, or with `workers = 0` the program. Written anew beside it and renamed, it does not.
class SLABRING_API TensorDataset : public Dataset {
 public:
  /// Throws Error(dataset), with both shapes, when the arrays differ along the first axis, have no element, or the one
  /// that is to hold labels cannot.
  TensorDataset(std::span<const ArrayView> arrays, const TensorDatasetOptions& options);
  explicit TensorDataset(std::span<const ArrayView> arrays, ArrayMemory memory = ArrayMemory::copy);
  /// The same of `.npy` files (versions 1 to 3, little-endian, C order), which are mapped. Throws Error(dataset) that
  /// names the file.
  explicit TensorDataset(std::span<const std::filesystem::path> files, const TensorDatasetOptions& options = {});
  ~TensorDataset() override;
  TensorDataset(TensorDataset&&) noexcept;
  TensorDataset& operator=(TensorDataset&&) noexcept;

  /// Opens what recipe() of another process described. Takes ownership of no descriptor.
  static std::unique_ptr<Dataset> from_recipe(const DatasetRecipe& recipe);

  std::uint64_t size() const override;
  void load(SampleId id, Sample& sample) const override;
  std::string describe(SampleId id) const override;
  void will_need(SampleId id) const noexcept override;
  std::optional<ArrayForm> sample_array() const override;
  std::span<const ExtraArray> extra_arrays() const noexcept override;
  /// The second array holds labels.
  bool has_labels() const noexcept;
  /// Of element types, shapes and labels; not of the samples' values.
  std::uint64_t fingerprint() const override;
  std::vector<std::string> read_roots() const override;
  std::optional<DatasetRecipe> recipe() const override;

 private:
  class Impl;
  explicit TensorDataset(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace slabring
