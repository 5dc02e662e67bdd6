#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dataset/data_file.hpp"
#include "dataset/source_request.hpp"
#include "slabring/dataset.hpp"

namespace slabring {

/// The sets that are published as a few large binary files.
enum class PublishedSet : std::uint8_t {
  mnist,     ///< and what has its form: Fashion-MNIST, KMNIST
  cifar10,   ///< the binary version
  cifar100,  ///< the same, labels fine or coarse
};

/// Small images of one shape and their labels, in files as they are published (www.cs.toronto.edu/~kriz/cifar.html has
/// the form of CIFAR). Immutable; a sample is found in constant time and without a system call.
class PublishedImages : public Dataset {
 public:
  struct Choice {
    PublishedSet set = PublishedSet::mnist;
    bool coarse = false;  ///< of cifar100: the labels of super-classes
  };

  /// `files`: of MNIST the images and the labels, of CIFAR the batches in order. Throws Error(dataset) that names the
  /// file which does not have the form.
  PublishedImages(const Choice& choice, std::vector<DataFile> files, std::vector<std::string> classes);

  std::uint64_t size() const override { return size_; }
  void load(SampleId id, Sample& sample) const override;
  std::string describe(SampleId id) const override;
  std::span<const std::string> classes() const noexcept override { return classes_; }
  std::optional<SampleShape> sample_shape() const override { return shape_; }
  /// Of shape and labels; not of the pixels.
  std::uint64_t fingerprint() const override;
  std::optional<DatasetRecipe> recipe() const override;

 private:
  /// Samples that lie at equal distances in one file.
  struct Run {
    std::uint64_t count = 0;
    const std::byte* images = nullptr;
    const std::byte* labels = nullptr;
    std::size_t image_step = 0;
    std::size_t label_step = 0;
    const std::string* name = nullptr;
  };
  /// A sample's place.
  struct Place {
    const Run* run;
    std::uint64_t index;
  };

  void add_mnist();
  void add_cifar(const DataFile& file);
  Place place_of(SampleId id) const noexcept;

  Choice choice_;
  std::vector<DataFile> files_;
  std::vector<std::string> classes_;
  SampleShape shape_;
  std::vector<Run> runs_;
  std::uint64_t size_ = 0;
};

// For the table of kinds.
std::unique_ptr<Dataset> open_mnist(SourceRequest& request);
std::unique_ptr<Dataset> open_cifar(SourceRequest& request);
std::unique_ptr<Dataset> open_published_recipe(const DatasetRecipe& recipe);
bool is_mnist(const std::string& path);
bool is_cifar(const std::string& path);

}  // namespace slabring
