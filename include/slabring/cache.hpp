#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "slabring/combine.hpp"
#include "slabring/dataset.hpp"
#include "slabring/export.hpp"
#include "slabring/stats.hpp"

namespace slabring {

/// What a cache keeps of a sample, with the label and its part of every extra array.
enum class CacheOf : std::uint8_t {
  encoded,  ///< the bytes of its image file: spares reading it from slow disks, networks and archives
  decoded,  ///< the whole upright image of 8-bit pixels (or the array), before any transform: spares decoding it too
};
SLABRING_API std::string_view to_string(CacheOf what) noexcept;

struct CacheOptions {
  /// Of all memory that the cache takes: the samples, 48 bytes beside each, and 8 bytes for every sample of the
  /// dataset. Allocated when the cache is made, by whichever processes it is used.
  std::uint64_t limit_bytes = 0;
  CacheOf what = CacheOf::encoded;
};

/// Another dataset whose samples are kept in memory when they are first loaded: one cache for all workers, Loaders and
/// epochs, for as long as this object or a process that uses it lives. What is delivered is the same with and without
/// it, byte for byte.
///
/// The cache is filled once, up to its limit, and nothing is thrown out: every epoch asks for every sample, so to throw
/// one out for another would only lose a hit. What cannot be read is not kept, nor decoded what cannot be decoded. A
/// worker that is killed while it adds a sample leaves a gap, never half a sample.
class SLABRING_API CachedDataset : public Dataset {
 public:
  /// Throws Error(memory) with the arithmetic when the machine does not have the limit to give,
  /// Error(invalid_argument) when the limit is too small for the table of samples, and Error(dataset) where
  /// CacheOf::encoded meets arrays or pixels, which have no encoded bytes.
  CachedDataset(SharedDataset whole, const CacheOptions& options);
  ~CachedDataset() override;

  /// Opens what recipe() of another process described: the same cache. `whole` is what it was of.
  static std::unique_ptr<CachedDataset> from_store(SharedDataset whole, int store);

  const SharedDataset& whole() const noexcept { return whole_; }
  CacheOf what() const noexcept;
  CacheStats stats() const noexcept;

  std::uint64_t size() const override { return whole_->size(); }
  void load(SampleId id, Sample& sample) const override;
  /// The label alone; of a sample that is there without reading it.
  std::int64_t label(SampleId id) const;
  std::string describe(SampleId id) const override { return whole_->describe(id); }
  void will_need(SampleId id) const noexcept override;
  std::span<const std::string> classes() const noexcept override { return whole_->classes(); }
  std::optional<SampleShape> sample_shape() const override { return whole_->sample_shape(); }
  std::optional<ArrayForm> sample_array() const override { return whole_->sample_array(); }
  std::span<const ExtraArray> extra_arrays() const noexcept override { return whole_->extra_arrays(); }
  /// That of the dataset: a run may go on with or without a cache.
  std::uint64_t fingerprint() const override { return whole_->fingerprint(); }
  std::vector<std::string> read_roots() const override { return whole_->read_roots(); }
  std::optional<DatasetRecipe> recipe() const override;

 private:
  class Impl;
  friend std::unique_ptr<TiledJpeg> load_tiled(const Dataset& dataset, SampleId id, Sample& sample);
  CachedDataset(SharedDataset whole, std::unique_ptr<Impl> impl);
  std::unique_ptr<TiledJpeg> load_tiled(SampleId id, Sample& sample) const;

  SharedDataset whole_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace slabring
