#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "slabring/dataset.hpp"
#include "slabring/export.hpp"
#include "slabring/sample.hpp"

namespace slabring {

class FlatTable;
class TiledJpeg;

/// A dataset that others are made of. They nest: each is a Dataset, and goes to every start method that its parts go
/// to. Messages name the file or record of the part.
using SharedDataset = std::shared_ptr<const Dataset>;

/// Several datasets one after the other: the samples of the first, then those of the second, and so on.
///
/// Class names are merged: the same name is the same class, numbered as in the first part that has it, so labels of the
/// first part stay as they are. Parts without class names keep their labels.
class SLABRING_API ConcatDataset : public Dataset {
 public:
  /// Throws Error(dataset), with the parts, when there are none, or their samples could not lie in one batch: arrays
  /// beside images, arrays of different forms, images with different numbers of channels, other extra arrays.
  explicit ConcatDataset(std::vector<SharedDataset> parts);
  ~ConcatDataset() override;

  std::span<const SharedDataset> parts() const noexcept { return parts_; }

  std::uint64_t size() const override { return ends_.back(); }
  void load(SampleId id, Sample& sample) const override;
  /// The label alone; reads the sample where its kind does not know it otherwise. Throws what load() throws.
  std::int64_t label(SampleId id) const;
  std::string describe(SampleId id) const override;
  void will_need(SampleId id) const noexcept override;
  std::span<const std::string> classes() const noexcept override { return classes_; }
  std::optional<SampleShape> sample_shape() const override;
  std::optional<ArrayForm> sample_array() const override;
  std::span<const ExtraArray> extra_arrays() const noexcept override;
  /// Of those of the parts, in order.
  std::uint64_t fingerprint() const override;
  std::vector<std::string> read_roots() const override;
  /// nullopt when a part has none. Throws Error(dataset) for more tables than can be given to another program.
  std::optional<DatasetRecipe> recipe() const override;

 private:
  struct Place {
    std::size_t part;
    SampleId id;
  };
  friend std::unique_ptr<TiledJpeg> load_tiled(const Dataset& dataset, SampleId id, Sample& sample);
  Place place_of(SampleId id) const noexcept;
  std::int64_t merged_label(std::size_t part, std::int64_t label) const noexcept;

  std::vector<SharedDataset> parts_;
  std::vector<std::uint64_t> ends_;  ///< the first id behind each part
  std::vector<std::string> classes_;
  std::vector<std::vector<std::int64_t>> labels_;  ///< of each part: its labels here; empty: the same
};

/// Some samples of another dataset, in any order. Labels and class names are its.
///
/// A list of samples is 8 bytes each, in sealed shared memory, once for all processes; a range is two numbers.
class SLABRING_API Subset : public Dataset {
 public:
  /// Throws Error(dataset) when there are none, or one lies beyond the end of `whole`.
  Subset(SharedDataset whole, std::span<const SampleId> ids);
  /// `count` samples from `first` on.
  Subset(SharedDataset whole, std::uint64_t first, std::uint64_t count);
  ~Subset() override;

  /// Opens what recipe() of another process described. `whole` is what it was a subset of.
  static std::unique_ptr<Subset> from_table(SharedDataset whole, int table);

  const SharedDataset& whole() const noexcept { return whole_; }
  /// Which sample of whole() it is. Throws Error(dataset) when the table is damaged. Requires: to_index(id) < size().
  SampleId original(SampleId id) const;

  std::uint64_t size() const override { return count_; }
  void load(SampleId id, Sample& sample) const override;
  /// The label alone; reads the sample where its kind does not know it otherwise. Throws what load() throws.
  std::int64_t label(SampleId id) const;
  std::string describe(SampleId id) const override;
  void will_need(SampleId id) const noexcept override;
  std::span<const std::string> classes() const noexcept override { return whole_->classes(); }
  std::optional<SampleShape> sample_shape() const override { return whole_->sample_shape(); }
  std::optional<ArrayForm> sample_array() const override { return whole_->sample_array(); }
  std::span<const ExtraArray> extra_arrays() const noexcept override { return whole_->extra_arrays(); }
  /// Of that of the whole, and of which samples these are.
  std::uint64_t fingerprint() const override;
  std::vector<std::string> read_roots() const override { return whole_->read_roots(); }
  std::optional<DatasetRecipe> recipe() const override;

 private:
  Subset(SharedDataset whole, std::unique_ptr<FlatTable> table);
  std::optional<SampleId> find(SampleId id) const noexcept;

  SharedDataset whole_;
  std::unique_ptr<FlatTable> table_;  ///< of the ids; null: a range
  std::uint64_t first_ = 0;
  std::uint64_t count_ = 0;
};

struct SplitOptions {
  std::uint64_t seed = 0;
  /// Each part gets its fraction of every label (to within one sample), not only of all samples. Asks for every label.
  bool stratified = false;
};

/// Parts of `whole` that have no sample in common and together are all of it: which sample is in which is random, a
/// function of (seed, size) alone, so another run or machine makes the same ones. In each part samples are in the order
/// of the whole.
///
/// `fractions`: more than 0 each, 1 together; counted in billionths. Throws Error(invalid_argument) for others, and
/// Error(dataset) when a part would be empty.
SLABRING_API std::vector<std::unique_ptr<Subset>> random_split(const SharedDataset& whole,
                                                               std::span<const double> fractions,
                                                               const SplitOptions& options = {});

}  // namespace slabring
