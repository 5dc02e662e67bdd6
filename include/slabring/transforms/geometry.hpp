#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "slabring/export.hpp"

namespace slabring {

/// Pillow's filters; names as torchvision's InterpolationMode.
enum class Interpolation : std::uint8_t { nearest, box, bilinear, hamming, bicubic, lanczos };
SLABRING_API std::string_view to_string(Interpolation interpolation) noexcept;

/// Height and width in pixels, torchvision's order; one number means a square.
struct Size {
  int height = 0;
  int width = 0;
  constexpr Size(int side) : height(side), width(side) {}  // NOLINT(google-explicit-constructor): Size in disguise
  constexpr Size(int h, int w) : height(h), width(w) {}
  bool operator==(const Size&) const = default;
};

/// What stands beyond an image's border: `fill`; its outermost pixel; the image mirrored at that pixel; or mirrored
/// beside it, so that the pixel comes twice. Names as torchvision's padding_mode.
enum class PaddingMode : std::uint8_t { constant, edge, reflect, symmetric };
SLABRING_API std::string_view to_string(PaddingMode mode) noexcept;

/// The colour of pixels that come from nowhere: one value for all channels, or one for each. 0 to 255.
struct Fill {
  std::vector<int> values;
  Fill(int value = 0) : values{value} {}                           // NOLINT(google-explicit-constructor): a number
  Fill(std::initializer_list<int> channels) : values(channels) {}  // in disguise, as in torchvision
  explicit Fill(std::vector<int> channels) : values(std::move(channels)) {}
  bool operator==(const Fill&) const = default;
};

/// Pixels to add on each side; one number is for all sides, two are for left and right, and top and bottom.
struct Padding {
  int left = 0;
  int top = 0;
  int right = 0;
  int bottom = 0;
  constexpr Padding(int all) : Padding(all, all) {}  // NOLINT(google-explicit-constructor): Padding in disguise
  constexpr Padding(int left_right, int top_bottom) : Padding(left_right, top_bottom, left_right, top_bottom) {}
  constexpr Padding(int l, int t, int r, int b) : left(l), top(t), right(r), bottom(b) {}
  bool operator==(const Padding&) const = default;
};

/// torchvision.transforms.Resize. With one number the shorter side becomes that long and the other keeps the ratio
/// (truncated, at least 1), `max_size` bounding the longer side; with two, exactly that.
struct Resize {
  int shorter_side = 0;  ///< 0: use `exact`
  std::optional<Size> exact;
  int max_size = 0;  ///< 0: no bound
  Interpolation interpolation = Interpolation::bilinear;

  explicit Resize(int side, Interpolation mode = Interpolation::bilinear, int longest = 0)
      : shorter_side(side), max_size(longest), interpolation(mode) {}
  explicit Resize(Size size, Interpolation mode = Interpolation::bilinear) : exact(size), interpolation(mode) {}
  bool operator==(const Resize&) const = default;
};

/// torchvision.transforms.CenterCrop; an image smaller than `size` is padded with zeros, as there.
struct CenterCrop {
  Size size;
  explicit CenterCrop(Size crop) : size(crop) {}
  bool operator==(const CenterCrop&) const = default;
};

/// torchvision.transforms.RandomResizedCrop: ten tries of a uniform share of the area with a log-uniform ratio, then
/// the central fallback; the crop is resized to `size`.
struct RandomResizedCrop {
  Size size;
  std::array<double, 2> scale{0.08, 1.0};
  std::array<double, 2> ratio{3.0 / 4.0, 4.0 / 3.0};
  Interpolation interpolation = Interpolation::bilinear;

  explicit RandomResizedCrop(Size crop, std::array<double, 2> area = {0.08, 1.0},
                             std::array<double, 2> aspect = {3.0 / 4.0, 4.0 / 3.0},
                             Interpolation mode = Interpolation::bilinear)
      : size(crop), scale(area), ratio(aspect), interpolation(mode) {}
  bool operator==(const RandomResizedCrop&) const = default;
};

/// torchvision.transforms.RandomHorizontalFlip.
struct RandomHorizontalFlip {
  double p = 0.5;
  explicit RandomHorizontalFlip(double probability = 0.5) : p(probability) {}
  bool operator==(const RandomHorizontalFlip&) const = default;
};

/// torchvision.transforms.RandomVerticalFlip.
struct RandomVerticalFlip {
  double p = 0.5;
  explicit RandomVerticalFlip(double probability = 0.5) : p(probability) {}
  bool operator==(const RandomVerticalFlip&) const = default;
};

/// torchvision.transforms.Pad.
struct Pad {
  Padding padding;
  Fill fill;
  PaddingMode padding_mode = PaddingMode::constant;

  explicit Pad(Padding sides, Fill colour = 0, PaddingMode mode = PaddingMode::constant)
      : padding(sides), fill(std::move(colour)), padding_mode(mode) {}
  bool operator==(const Pad&) const = default;
};

/// torchvision.transforms.RandomCrop: `size` from a uniform place of the padded image. An image that is smaller is a
/// fault of the sample, unless `pad_if_needed` adds what it lacks, on both sides each.
struct RandomCrop {
  Size size;
  Padding padding = 0;
  bool pad_if_needed = false;
  Fill fill;
  PaddingMode padding_mode = PaddingMode::constant;

  explicit RandomCrop(Size crop, Padding sides = 0, bool if_needed = false, Fill colour = 0,
                      PaddingMode mode = PaddingMode::constant)
      : size(crop), padding(sides), pad_if_needed(if_needed), fill(std::move(colour)), padding_mode(mode) {}
  bool operator==(const RandomCrop&) const = default;
};

/// torchvision.transforms.v2.RandomShortestSize: the shorter side becomes one of `min_size`, unless the longer would
/// exceed `max_size`; both truncated, at least 1.
struct RandomShortestSize {
  std::vector<int> min_size;
  int max_size = 0;  ///< 0: no bound
  Interpolation interpolation = Interpolation::bilinear;

  explicit RandomShortestSize(std::vector<int> sizes, int longest = 0, Interpolation mode = Interpolation::bilinear)
      : min_size(std::move(sizes)), max_size(longest), interpolation(mode) {}
  bool operator==(const RandomShortestSize&) const = default;
};

// Rotation, affine and perspective know the interpolations nearest, bilinear and bicubic, as Pillow's Image.transform.

/// torchvision.transforms.RandomRotation: counter-clockwise by an angle uniform in `degrees`.
struct RandomRotation {
  std::array<double, 2> degrees{0.0, 0.0};
  Interpolation interpolation = Interpolation::nearest;
  bool expand = false;                          ///< the image grows until all of it is seen
  std::optional<std::array<double, 2>> center;  ///< x, y in pixels; nothing: the middle
  Fill fill;

  explicit RandomRotation(double by, Interpolation mode = Interpolation::nearest) : RandomRotation({-by, by}, mode) {}
  explicit RandomRotation(std::array<double, 2> range, Interpolation mode = Interpolation::nearest)
      : degrees(range), interpolation(mode) {}
  bool operator==(const RandomRotation&) const = default;
};

/// torchvision.transforms.RandomAffine: rotation (clockwise here), translation by up to a share of the sides, scale and
/// shear, each uniform in its range.
struct RandomAffine {
  std::array<double, 2> degrees{0.0, 0.0};
  std::optional<std::array<double, 2>> translate;  ///< largest shares of width and height, 0 to 1
  std::optional<std::array<double, 2>> scale;      ///< a range
  std::vector<double> shear;                       ///< degrees: none, a range for x, or ranges for x and y
  Interpolation interpolation = Interpolation::nearest;
  Fill fill;
  std::optional<std::array<double, 2>> center;  ///< x, y in pixels; nothing: the middle

  explicit RandomAffine(double by) : RandomAffine(std::array<double, 2>{-by, by}) {}
  explicit RandomAffine(std::array<double, 2> range) : degrees(range) {}
  bool operator==(const RandomAffine&) const = default;
};

/// torchvision.transforms.RandomPerspective: each corner moves inwards by up to `distortion_scale` of half a side. The
/// eight coefficients are solved for in double, torch's in float32; given the same, the pixels are Pillow's. Where the
/// corners fall together there is no solution, and the image stays.
struct RandomPerspective {
  double distortion_scale = 0.5;
  double p = 0.5;
  Interpolation interpolation = Interpolation::bilinear;
  Fill fill;

  explicit RandomPerspective(double distortion = 0.5, double probability = 0.5,
                             Interpolation mode = Interpolation::bilinear, Fill colour = 0)
      : distortion_scale(distortion), p(probability), interpolation(mode), fill(std::move(colour)) {}
  bool operator==(const RandomPerspective&) const = default;
};

}  // namespace slabring
