#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "slabring/export.hpp"
#include "slabring/sample.hpp"
#include "slabring/source_options.hpp"

namespace slabring {

/// How a fresh process opens the same dataset: the kind's name, its configuration, and the descriptors of the tables it
/// shares. The descriptors stay owned by the Dataset.
struct DatasetRecipe {
  std::string kind;
  std::string config;  ///< JSON
  std::vector<int> fds;
  /// The program that can open it, and its first arguments, where that is not slabring-worker (slabring/worker.hpp);
  /// needs start_method spawn.
  std::vector<std::string> worker_command{};
};

/// Height, width and channels of decoded pixels.
struct SampleShape {
  int height = 0;
  int width = 0;
  int channels = 0;
  bool operator==(const SampleShape&) const = default;
};

/// Element type and shape of samples that are arrays.
struct ArrayForm {
  DType dtype = DType::u8;
  Axes shape{};

  std::size_t size_bytes() const noexcept { return shape.elements() * size_of(dtype); }
  bool operator==(const ArrayForm&) const = default;
};

/// One of the arrays that every sample has beside its image (or array) and label: what a batch calls it, and the form
/// of a sample's part of it.
struct ExtraArray {
  std::string name;  ///< empty: it has none
  ArrayForm form;
  bool operator==(const ExtraArray&) const = default;
};

/// Which samples exist, and where the bytes of each are.
///
/// Thread rule: size(), load(), describe() and will_need() are const and may be called from several processes, and from
/// several threads with a Sample each. A Dataset must outlive the Loaders that use it.
///
/// A user may subclass it; such a dataset has no recipe and needs `start_method = fork` (or `workers = 0`).
class SLABRING_API Dataset {
 public:
  virtual ~Dataset();

  /// How many samples there are; constant.
  virtual std::uint64_t size() const = 0;

  /// Fills in `sample` (already reset). Throwing anything derived from std::exception makes the sample a fault of its
  /// batch with status dataset_failed and what() as the message. Requires: to_index(id) < size().
  virtual void load(SampleId id, Sample& sample) const = 0;

  /// What a message calls the sample: its path, or "sample 17".
  virtual std::string describe(SampleId id) const;

  /// A hint that load(id) comes soon: start reading ahead, keep nothing. Default: does nothing.
  virtual void will_need(SampleId id) const noexcept;

  /// Class names by label; empty when labels have no names.
  virtual std::span<const std::string> classes() const noexcept;

  /// The shape of every sample before any transform, when they all have one and it is known. Needed by datasets of
  /// pixels that have other than 3 channels; nullopt (the default): sizes differ, or only the files know.
  virtual std::optional<SampleShape> sample_shape() const;

  /// For datasets whose samples are arrays: the form of every one. Batches then hold arrays of that shape, each
  /// sample's element type kept or converted; a pipeline with transforms takes u8 arrays [height, width] and [height,
  /// width, channels] as images. nullopt (the default): samples are images.
  virtual std::optional<ArrayForm> sample_array() const;

  /// For datasets whose samples have more than an image and a label: masks, weights, second views. load() gives the
  /// bytes of each by Sample::add_extra(), in this order, and batches hold them as they are (Batch::array), whatever
  /// the pipeline does to the image. Names differ, where there are any. Constant. Default: none.
  virtual std::span<const ExtraArray> extra_arrays() const noexcept;

  /// Tells data sets apart when a run is resumed: equal for equal samples in the same order, in any process. Asked for
  /// once a Loader, when a state is saved or resumed. Default: size() alone.
  virtual std::uint64_t fingerprint() const;

  /// The folders beneath which load() and will_need() open files, links followed: a sandboxed worker can open no other.
  /// Default: none.
  virtual std::vector<std::string> read_roots() const;

  /// How another process opens it; nullopt (the default): only by fork.
  virtual std::optional<DatasetRecipe> recipe() const;
};

struct ImageFolderOptions {
  /// File name endings that count, compared without case. Default: torchvision's IMG_EXTENSIONS
  /// (torchvision/datasets/folder.py).
  std::vector<std::string> extensions = {".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp"};
};

class FileSet;

/// A folder of class folders, numbered exactly as torchvision's ImageFolder does: classes are the sorted names of the
/// sub-folders, samples are the files beneath each in the order of sorted(os.walk(folder, followlinks=True)), sorted
/// within a folder. A folder with files and no sub-folders is a flat folder: every label is -1.
///
/// The index is one flat table in shared memory, mapped read-only by every process: 16 bytes and the relative path a
/// sample, once, whatever the number of workers. From 20,000 samples on it is kept in a file, which the ranks of a
/// machine share and the next start finds, for as long as no folder changes (SourceOptions::cache_folder).
class SLABRING_API ImageFolder : public Dataset {
 public:
  /// Throws Error(dataset) when `root` is missing, is no folder, holds no image, or a class folder holds none.
  explicit ImageFolder(const std::filesystem::path& root, const ImageFolderOptions& options = {},
                       const SourceOptions& source_options = {});
  ~ImageFolder() override;
  ImageFolder(ImageFolder&&) noexcept;
  ImageFolder& operator=(ImageFolder&&) noexcept;

  /// Opens what recipe() of another process described. Takes ownership of no descriptor.
  /// Throws Error(dataset) when the table is malformed.
  static std::unique_ptr<Dataset> from_recipe(const DatasetRecipe& recipe);

  std::uint64_t size() const override;
  void load(SampleId id, Sample& sample) const override;
  std::string describe(SampleId id) const override;
  void will_need(SampleId id) const noexcept override;
  std::span<const std::string> classes() const noexcept override;
  /// Of the relative paths and labels: neither of where the folder lies, nor of what the files hold.
  std::uint64_t fingerprint() const override;
  /// The folder itself and, where links lead out of it, what they point to; "/" when that is more than 64 folders.
  std::vector<std::string> read_roots() const override;
  std::optional<DatasetRecipe> recipe() const override;

  std::int64_t label(SampleId id) const;
  const std::filesystem::path& root() const noexcept { return root_; }

 private:
  explicit ImageFolder(std::unique_ptr<FileSet> files);
  std::filesystem::path root_;
  std::unique_ptr<FileSet> files_;
};

}  // namespace slabring
