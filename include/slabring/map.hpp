#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "slabring/combine.hpp"
#include "slabring/dataset.hpp"
#include "slabring/export.hpp"

namespace slabring {

/// Changes a sample that was just loaded: its label, or what it is made of. What it points a Sample to must stay valid
/// until the next load of that Sample; Sample::buffer() does, and may hold the bytes that the sample is made of.
///
/// Called by whoever loads, from several processes, and from several threads with a Sample each. What it throws becomes
/// the fault of the sample. Leave what is random to the pipeline: the result must depend on the arguments alone.
using SampleFunction = std::function<void(SampleId id, Sample& sample)>;

struct MapOptions {
  /// Class names afterwards; nullopt: as before.
  std::optional<std::vector<std::string>> classes{};
  /// Part of the fingerprint: another number for another function.
  std::uint64_t version = 0;
};

/// Another dataset whose samples go through a function when they are loaded, not before.
///
/// A function is code of this program, which other programs do not have: `workers = 0` or `start_method = fork`. What
/// is to be done to pixels belongs into the pipeline instead, and labels into a RelabelDataset: both go everywhere.
class SLABRING_API MapDataset : public Dataset {
 public:
  /// Samples keep their form: what was an array stays one of that type and shape. Throws Error(invalid_argument) for an
  /// empty function.
  MapDataset(SharedDataset whole, SampleFunction function, MapOptions options = {});
  ~MapDataset() override;

  const SharedDataset& whole() const noexcept { return whole_; }

  std::uint64_t size() const override { return whole_->size(); }
  void load(SampleId id, Sample& sample) const override;
  std::string describe(SampleId id) const override { return whole_->describe(id); }
  void will_need(SampleId id) const noexcept override { whole_->will_need(id); }
  std::span<const std::string> classes() const noexcept override;
  std::optional<SampleShape> sample_shape() const override { return whole_->sample_shape(); }
  std::optional<ArrayForm> sample_array() const override { return whole_->sample_array(); }
  std::span<const ExtraArray> extra_arrays() const noexcept override { return whole_->extra_arrays(); }
  /// Of that of the whole, and of MapOptions::version.
  std::uint64_t fingerprint() const override;
  /// What the function opens beside them cannot be opened by a sandboxed worker.
  std::vector<std::string> read_roots() const override { return whole_->read_roots(); }

 private:
  SharedDataset whole_;
  SampleFunction function_;
  MapOptions options_;
};

/// Another dataset with other labels: a MapDataset that is data alone, so it goes to every start method.
class SLABRING_API RelabelDataset : public MapDataset {
 public:
  using Labels = std::map<std::int64_t, std::int64_t>;

  /// `labels`: from the label that there was to that which there shall be; all others stay. `classes`: names of the new
  /// labels. Without them the names follow: a label is called what the first class was called that becomes it, or by
  /// its number where none does. Throws Error(invalid_argument) for new labels that no list of names can reach.
  RelabelDataset(const SharedDataset& whole, Labels labels, std::optional<std::vector<std::string>> classes = {});
  ~RelabelDataset() override;

  const Labels& labels() const noexcept { return *labels_; }
  std::int64_t new_label(std::int64_t label) const noexcept;

  /// The label alone.
  std::int64_t label(SampleId id) const;
  /// Of that of the whole, and of the labels.
  std::uint64_t fingerprint() const override;
  std::optional<DatasetRecipe> recipe() const override;

 private:
  using SharedLabels = std::shared_ptr<const Labels>;
  RelabelDataset(const SharedDataset& whole, SharedLabels labels, std::optional<std::vector<std::string>> classes);

  SharedLabels labels_;
};

/// Gives classes other names; those of one name become one class, numbered by the first of them. Each of `names` is a
/// pattern as the shell's and what the classes like it are called from now on; the first that is like a class counts,
/// and classes like none keep their name. Throws Error(dataset) when a pattern is like no class.
SLABRING_API std::unique_ptr<RelabelDataset> rename_classes(const SharedDataset& whole,
                                                            std::span<const std::pair<std::string, std::string>> names);

}  // namespace slabring
