#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "slabring/combine.hpp"
#include "slabring/dataset.hpp"
#include "slabring/export.hpp"

namespace slabring {

struct MixtureOptions {
  std::uint64_t seed = 0;
  /// Samples that the mixture has: draws, of which some are the same sample. 0: as many as all parts have together. At
  /// most 2^48; it costs nothing to ask for more than will be used.
  std::uint64_t draws = 0;
  /// False: each part is drawn in its own order.
  bool shuffle = true;
};

/// Draws from several datasets in proportion to weights, as tf.data's sample_from_datasets: sample i is the i-th draw.
///
/// Every draw is a function of (seed, i), found in constant time; what is kept, half a megabyte, grows with nothing.
/// Weights are rounded to 65,536ths, at least one, and hold exactly in every 65,536 draws from a multiple of that on;
/// within them the order of the parts is random. Each part is walked through in a permutation of its own, so none of
/// its samples comes again before all have come; then it is permuted anew.
///
/// For epochs of `n` draws that each go on where the one before left off: a large `draws`, and
/// Sampler::sequential().repeat(n). Sample ids are numbers of draws, so a sample that comes again is augmented anew.
class SLABRING_API MixtureDataset : public Dataset {
 public:
  /// Throws as ConcatDataset, and Error(invalid_argument) for weights that are not above 0, or not one for each part.
  MixtureDataset(std::vector<SharedDataset> parts, std::span<const double> weights, const MixtureOptions& options = {});
  ~MixtureDataset() override;

  static std::unique_ptr<Dataset> from_recipe(const DatasetRecipe& recipe, std::vector<SharedDataset> parts);

  std::span<const SharedDataset> parts() const noexcept { return all_.parts(); }
  /// Of each part, in 65,536ths.
  std::span<const std::uint64_t> shares() const noexcept { return shares_; }
  /// Which part, from 0, and which of its samples. Requires: to_index(id) < size().
  struct Draw {
    std::size_t part;
    SampleId id;
    bool operator==(const Draw&) const = default;
  };
  Draw draw(SampleId id) const noexcept;

  std::uint64_t size() const override { return options_.draws; }
  void load(SampleId id, Sample& sample) const override;
  std::int64_t label(SampleId id) const;
  std::string describe(SampleId id) const override;
  void will_need(SampleId id) const noexcept override;
  /// Merged as those of a ConcatDataset.
  std::span<const std::string> classes() const noexcept override { return all_.classes(); }
  std::optional<SampleShape> sample_shape() const override { return all_.sample_shape(); }
  std::optional<ArrayForm> sample_array() const override { return all_.sample_array(); }
  std::span<const ExtraArray> extra_arrays() const noexcept override { return all_.extra_arrays(); }
  /// Of those of the parts, the weights as rounded, and the options.
  std::uint64_t fingerprint() const override;
  std::vector<std::string> read_roots() const override { return all_.read_roots(); }
  std::optional<DatasetRecipe> recipe() const override;

 private:
  MixtureDataset(std::vector<SharedDataset> parts, std::vector<std::uint64_t> shares, const MixtureOptions& options);
  friend std::unique_ptr<TiledJpeg> load_tiled(const Dataset& dataset, SampleId id, Sample& sample);
  void make_pattern();
  SampleId in_all(SampleId id) const noexcept;

  ConcatDataset all_;
  std::vector<std::uint64_t> shares_;
  std::vector<std::uint64_t> share_ends_;
  std::vector<std::uint64_t> firsts_;               ///< of each part in `all_`
  std::vector<std::uint32_t> pattern_;              ///< the part at each place of a block
  std::vector<std::vector<std::uint32_t>> places_;  ///< of each part in it
  MixtureOptions options_;
};

}  // namespace slabring
