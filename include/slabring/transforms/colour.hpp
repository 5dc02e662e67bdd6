#pragma once

#include <algorithm>
#include <array>

namespace slabring {

// What these do to a pixel is what Pillow does, bit for bit, for images of 1 or 3 channels.

/// torchvision.transforms.ColorJitter: brightness, contrast, saturation and hue in a random order, each by a factor
/// (hue: a shift in turns of the colour wheel) that is uniform in its range. The constructor takes torchvision's single
/// numbers: `b` stands for [max(0, 1 - b), 1 + b], hue `h` for [-h, h]. A range that holds only 1 (hue: 0) does
/// nothing.
struct ColorJitter {
  std::array<double, 2> brightness{1.0, 1.0};
  std::array<double, 2> contrast{1.0, 1.0};
  std::array<double, 2> saturation{1.0, 1.0};
  std::array<double, 2> hue{0.0, 0.0};  ///< within [-0.5, 0.5]

  explicit ColorJitter(double b = 0.0, double c = 0.0, double s = 0.0, double h = 0.0)
      : brightness(around_one(b)), contrast(around_one(c)), saturation(around_one(s)), hue{0.0 - h, h} {}
  ColorJitter(std::array<double, 2> b, std::array<double, 2> c, std::array<double, 2> s, std::array<double, 2> h)
      : brightness(b), contrast(c), saturation(s), hue(h) {}
  bool operator==(const ColorJitter&) const = default;

  static constexpr std::array<double, 2> around_one(double by) { return {std::max(0.0, 1.0 - by), 1.0 + by}; }
};

/// torchvision.transforms.Grayscale: ITU-R 601-2 luma. With 1 the image, and the row, has one channel from here on.
struct Grayscale {
  int num_output_channels = 1;  ///< 1 or 3
  explicit Grayscale(int channels = 1) : num_output_channels(channels) {}
  bool operator==(const Grayscale&) const = default;
};

/// torchvision.transforms.RandomGrayscale; the number of channels stays.
struct RandomGrayscale {
  double p = 0.1;
  explicit RandomGrayscale(double probability = 0.1) : p(probability) {}
  bool operator==(const RandomGrayscale&) const = default;
};

/// torchvision.transforms.RandomAdjustSharpness: 0 smooths, 1 changes nothing, 2 sharpens by as much.
struct RandomAdjustSharpness {
  double sharpness_factor = 1.0;
  double p = 0.5;
  explicit RandomAdjustSharpness(double factor, double probability = 0.5) : sharpness_factor(factor), p(probability) {}
  bool operator==(const RandomAdjustSharpness&) const = default;
};

/// torchvision.transforms.RandomAutocontrast: each channel is stretched from its darkest and lightest value to 0 and
/// 255.
struct RandomAutocontrast {
  double p = 0.5;
  explicit RandomAutocontrast(double probability = 0.5) : p(probability) {}
  bool operator==(const RandomAutocontrast&) const = default;
};

/// torchvision.transforms.RandomEqualize: each channel's histogram is made as flat as a table can make it.
struct RandomEqualize {
  double p = 0.5;
  explicit RandomEqualize(double probability = 0.5) : p(probability) {}
  bool operator==(const RandomEqualize&) const = default;
};

/// torchvision.transforms.RandomPosterize: keeps the upper `bits` of each value.
struct RandomPosterize {
  int bits = 8;  ///< 0 to 8
  double p = 0.5;
  explicit RandomPosterize(int kept, double probability = 0.5) : bits(kept), p(probability) {}
  bool operator==(const RandomPosterize&) const = default;
};

/// torchvision.transforms.RandomSolarize: inverts the values that are `threshold` or more.
struct RandomSolarize {
  double threshold = 256.0;
  double p = 0.5;
  explicit RandomSolarize(double from, double probability = 0.5) : threshold(from), p(probability) {}
  bool operator==(const RandomSolarize&) const = default;
};

/// torchvision.transforms.RandomInvert.
struct RandomInvert {
  double p = 0.5;
  explicit RandomInvert(double probability = 0.5) : p(probability) {}
  bool operator==(const RandomInvert&) const = default;
};

/// torchvision.transforms.GaussianBlur with a deviation uniform in `sigma`. torchvision blurs in float32, in an order
/// of additions that it leaves open; here it is horizontal, then vertical, so that a value that lies between two may be
/// rounded to the other one: at most 1 away. Edges are reflected, also those of images smaller than the kernel.
struct GaussianBlur {
  std::array<int, 2> kernel_size;  ///< x, y; odd
  std::array<double, 2> sigma{0.1, 2.0};

  explicit GaussianBlur(int size, std::array<double, 2> deviation = {0.1, 2.0})
      : kernel_size{size, size}, sigma(deviation) {}
  explicit GaussianBlur(std::array<int, 2> size, std::array<double, 2> deviation = {0.1, 2.0})
      : kernel_size(size), sigma(deviation) {}
  bool operator==(const GaussianBlur&) const = default;
};

/// torchvision.transforms.v2.JPEG: encoded and decoded again, at a quality uniform in `quality`. torchvision's own
/// encoder and Pillow's `save(format="JPEG", quality=q)` call libjpeg alike: 4:2:0, islow. Sides are 65,500 at most.
struct JPEG {
  std::array<int, 2> quality;  ///< 1 to 100, both may be drawn

  explicit JPEG(int q) : quality{q, q} {}
  explicit JPEG(std::array<int, 2> range) : quality(range) {}
  bool operator==(const JPEG&) const = default;
};

}  // namespace slabring
