#pragma once

#include <memory>
#include <string>

#include "dataset/label_of.hpp"
#include "dataset/pack_form.hpp"
#include "dataset/pack_index.hpp"
#include "dataset/source_request.hpp"
#include "dataset/tiled_source.hpp"
#include "read/record_files.hpp"
#include "slabring/dataset.hpp"

namespace slabring {

/// The kind "pack": one file of samples with their index (docs/pack.md), opened in constant time: the index is mapped
/// as it lies in the file, one copy in the page cache for all processes. A sample is one read; its checksum is
/// compared. Of a JPEG in tiles two reads: the headers, and what is needed.
///
/// Nobody may shorten the file while it is open: what is mapped beyond the new end would be a SIGBUS.
class Pack final : public Dataset, public KnowsLabels, public TiledSource {
 public:
  /// Throws Error(dataset) as check_pack_header().
  explicit Pack(const std::string& path);
  ~Pack() override;
  Pack(const Pack&) = delete;
  Pack& operator=(const Pack&) = delete;

  static std::unique_ptr<Dataset> from_recipe(const DatasetRecipe& recipe);

  std::uint64_t size() const override { return index_->size(); }
  void load(SampleId id, Sample& sample) const override;
  std::unique_ptr<TiledJpeg> load_tiled(SampleId id, Sample& sample) const override;
  std::int64_t label_of(SampleId id) const override;
  std::string describe(SampleId id) const override;
  void will_need(SampleId id) const noexcept override;
  std::span<const std::string> classes() const noexcept override { return classes_; }
  std::optional<SampleShape> sample_shape() const override { return form_.pixels; }
  std::optional<ArrayForm> sample_array() const override { return form_.array; }
  std::uint64_t fingerprint() const override { return header_.index_checksum; }
  std::vector<std::string> read_roots() const override { return file_->read_roots(); }
  std::optional<DatasetRecipe> recipe() const override;

  /// What a sample was called in the source; empty when its entry is damaged.
  std::string_view name(SampleId id) const noexcept;
  const PackIndex& index() const noexcept { return *index_; }
  const PackForm& form() const noexcept { return form_; }

 private:
  pack::Entry sound_entry(SampleId id) const;
  void map_index(int fd);
  void read_about();

  pack::Header header_{};
  void* mapped_ = nullptr;
  std::size_t mapped_bytes_ = 0;
  std::optional<PackIndex> index_;
  std::unique_ptr<RecordFiles> file_;
  std::vector<std::string> classes_;
  PackForm form_;
};

std::unique_ptr<Dataset> open_pack(SourceRequest& request);
bool is_pack(const std::string& path);

}  // namespace slabring
