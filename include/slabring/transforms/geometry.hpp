#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

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

}  // namespace slabring
