#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file_mapping.hpp"
#include "dataset/hdf5_index.hpp"
#include "slabring/dataset.hpp"

namespace slabring {

/// The samples of one dataset in HDF5 files, one file after the other, without libhdf5: the files are mapped, and the
/// chunks unpacked here. A row of chunks, which is the samples that lie in one chunk along the first axis, is unpacked
/// as a whole and kept for the samples that come next, by each thread for itself: what load() gives is valid until the
/// thread loads the next sample of any such dataset.
class Hdf5Dataset : public Dataset {
 public:
  /// Unpacked rows of chunks that a thread keeps, the last ones it needed; one of them may be larger alone.
  static constexpr std::size_t kept_bytes = std::size_t{64} << 20;
  /// A row of chunks may have this many bytes.
  static constexpr std::size_t max_chunk_row_bytes = std::size_t{512} << 20;

  /// Throws Error(dataset): a file is not the one that was indexed, or what the index says lies outside it.
  explicit Hdf5Dataset(Hdf5Index index);

  std::uint64_t size() const override { return size_; }
  void load(SampleId id, Sample& sample) const override;
  std::string describe(SampleId id) const override;
  std::optional<ArrayForm> sample_array() const override;
  /// Of the form, the number of samples in each file, and the labels.
  std::uint64_t fingerprint() const override;
  std::optional<DatasetRecipe> recipe() const override;

  std::uint64_t samples_in(std::size_t file) const noexcept { return index_.files[file].samples; }
  /// -1: it has none.
  std::int64_t label(SampleId id) const noexcept { return labels_ != nullptr ? labels_[to_index(id)] : -1; }

 private:
  struct Place {
    std::size_t file;
    std::uint64_t index;
  };
  Place place_of(SampleId id) const noexcept;
  void check(const Hdf5File& file) const;
  std::span<const Hdf5Chunk> chunk_row(const Hdf5File& file, std::uint64_t row) const noexcept;
  std::span<const std::byte> encoded(SampleId id, const std::byte* row) const;
  const std::byte* unpacked_row(std::size_t number, std::uint64_t row) const;
  void unpack_row(std::size_t number, std::uint64_t row, std::span<std::byte> samples) const;

  Hdf5Index index_;
  std::uint64_t serial_;  ///< of this dataset, in what threads keep
  std::uint64_t size_ = 0;
  std::size_t sample_bytes_ = 0;
  std::vector<std::uint64_t> firsts_;  ///< the number of each file's first sample
  std::vector<FileMapping> mappings_;
  FileMapping table_;
  const std::int64_t* labels_ = nullptr;
  const std::int64_t* lengths_ = nullptr;
  std::span<const Hdf5Chunk> chunks_;
};

}  // namespace slabring
