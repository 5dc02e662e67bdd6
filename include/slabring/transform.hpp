#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "slabring/export.hpp"
#include "slabring/sample.hpp"
#include "slabring/tensor.hpp"
#include "slabring/transforms/batch.hpp"
#include "slabring/transforms/colour.hpp"
#include "slabring/transforms/control.hpp"
#include "slabring/transforms/geometry.hpp"
#include "slabring/transforms/policy.hpp"

namespace slabring {

/// torchvision's ToTensor followed by Normalize: (v / 255 - mean) / std per channel in float32. Needs dtype f32, f16 or
/// bf16.
struct Normalize {
  std::vector<double> mean;
  std::vector<double> std;
  Normalize(std::vector<double> means, std::vector<double> deviations)
      : mean(std::move(means)), std(std::move(deviations)) {}
  /// The mean and deviation of ImageNet that torchvision's models were trained with.
  static Normalize imagenet() { return {{0.485, 0.456, 0.406}, {0.229, 0.224, 0.225}}; }
  bool operator==(const Normalize&) const = default;
};

/// (x - mean) / (std + epsilon) with mean and deviation of all values of the sample itself, as numpy's x.mean() and
/// x.std() in float64; rounded once to the element type of the rows, f64, f32, f16 or bf16. Stands where Normalize
/// stands; for arrays of any shape and type, and for images, whose values are taken as 0 to 1 then.
struct Standardize {
  double epsilon = 1e-8;

  explicit Standardize(double tiny = 1e-8) : epsilon(tiny) {}
  bool operator==(const Standardize&) const = default;
};

/// torchvision.transforms.RandomErasing: a rectangle of the row, after conversion and Normalize, whose values become
/// `value` (one, or one for each channel, in the row's units) or normally distributed ones. Stands last. With dtype u8
/// a value is a whole number from 0 to 255, and `random` is not possible.
struct RandomErasing {
  double p = 0.5;
  std::array<double, 2> scale{0.02, 0.33};  ///< of the area
  std::array<double, 2> ratio{0.3, 3.3};
  std::vector<double> value{0.0};  ///< none: random

  explicit RandomErasing(double probability = 0.5, std::array<double, 2> area = {0.02, 0.33},
                         std::array<double, 2> aspect = {0.3, 3.3}, std::vector<double> values = {0.0})
      : p(probability), scale(area), ratio(aspect), value(std::move(values)) {}
  bool operator==(const RandomErasing&) const = default;
};

/// The randomness a user's transform may use: a pure function of (seed, epoch, sample id, position in the pipeline).
class SLABRING_API RandomStream {
 public:
  /// `key` stands for seed and epoch; the loader makes these.
  RandomStream(std::uint64_t key, SampleId id, std::uint32_t op) noexcept : key_(key), id_(id), op_(op) {}
  /// Uniform 64 bits; each call gives the next ones of the stream.
  std::uint64_t bits() noexcept;
  /// Uniform in [0, 1) with 53 random bits.
  double uniform() noexcept;
  /// Uniform in [low, high).
  double uniform(double low, double high) noexcept { return low + (high - low) * uniform(); }
  /// Uniform in 0 .. bound-1, without bias. Requires: bound > 0.
  std::uint64_t below(std::uint64_t bound) noexcept;

 private:
  std::uint64_t key_;
  SampleId id_;
  std::uint32_t op_;
  std::uint32_t block_ = 0;
  std::array<std::uint64_t, 2> pending_{};
  int left_ = 0;
};

/// Any function over the pixels, in place, the shape kept. Runs in the workers, so it cannot be carried to another
/// program: needs `start_method = fork` or `workers = 0`, and must stand before Normalize. What it throws becomes a
/// fault of the sample (transform_failed).
struct Lambda {
  std::function<void(const MutableImageView& image, RandomStream& random)> apply;
  explicit Lambda(std::function<void(const MutableImageView&, RandomStream&)> function) : apply(std::move(function)) {}
};

/// A transform of a shared library of yours (slabring/plugin.hpp says how one is written). Is plain data, so it works
/// with every start method and in pipeline files; must stand before Normalize. The library is code that every worker
/// and the trainer run: name none that you would not run.
struct SLABRING_API Plugin {
  std::string path;    ///< absolute
  std::string name;    ///< of the transform in the library
  std::string config;  ///< handed to it as it is
  /// A relative path is taken from the current folder.
  explicit Plugin(const std::string& library, std::string transform, std::string configuration = {});
  bool operator==(const Plugin&) const = default;
};

/// One transform of any kind. A struct, so that lists of transforms inside a transform can name it.
struct Transform : std::variant<Resize, CenterCrop, RandomResizedCrop, RandomHorizontalFlip, RandomVerticalFlip, Pad,
                                RandomCrop, RandomShortestSize, RandomRotation, RandomAffine, RandomPerspective,
                                ColorJitter, Grayscale, RandomGrayscale, RandomAdjustSharpness, RandomAutocontrast,
                                RandomEqualize, RandomPosterize, RandomSolarize, RandomInvert, GaussianBlur, JPEG,
                                AutoAugment, RandAugment, TrivialAugmentWide, AugMix, RandomApply, RandomChoice,
                                RandomOrder, Normalize, Standardize, RandomErasing, MixUp, CutMix, Lambda, Plugin> {
  using variant::variant;
};

/// Every transform that a pipeline file may name, as JSON: [{"op": "Resize", "parameters": [{"name": "size", "type":
/// "size"}, {"name": "max_size", "type": "integer", "default": null}, ...]}, ...]. A parameter without a default is
/// required; null says that leaving it out means something of its own. Bindings make their classes from it.
SLABRING_API std::string describe_transforms();

/// The transforms of a loader, in order: plain data. Copying it is cheap enough; const use is thread-safe.
class SLABRING_API Pipeline {
 public:
  Pipeline() = default;
  Pipeline(std::initializer_list<Transform> transforms) : transforms_(transforms) {}
  explicit Pipeline(std::vector<Transform> transforms) : transforms_(std::move(transforms)) {}

  /// `train` of the command line: RandomResizedCrop(size), RandomHorizontalFlip, and Normalize::imagenet() if asked.
  static Pipeline train(int size = 224, bool normalize = true);
  /// `val`: Resize(size * 256 / 224), CenterCrop(size), and Normalize::imagenet() if asked.
  static Pipeline val(int size = 224, bool normalize = true);

  /// Reads {"transforms": [{"op": "Resize", "size": 256}, ...], "dtype": "f32", "layout": "nchw"}.
  /// Throws Error(pipeline) that says where and what is allowed, for unknown ops, keys and values.
  static Pipeline from_json(std::string_view text);
  /// The same form. Throws Error(pipeline) when a Lambda is in it.
  std::string to_json() const;

  const std::vector<Transform>& transforms() const noexcept { return transforms_; }
  /// True when the pipeline can be carried to another program (no Lambda in it, however deep).
  bool portable() const noexcept;

  /// What a pipeline file may fix besides the transforms.
  std::optional<DType> dtype;
  std::optional<Layout> layout;

 private:
  std::vector<Transform> transforms_;
};

}  // namespace slabring
