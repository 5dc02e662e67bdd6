#include "augment/torchvision_rules.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>

#include "base/portable_math.hpp"

namespace slabring {
namespace {

// int(x) of Python, for positive x that may be too large.
int truncated(double x) noexcept {
  constexpr int largest = std::numeric_limits<int>::max();
  return x < largest ? static_cast<int>(x) : largest;
}

// round(x) of Python: ties to even, as the default rounding mode of the FPU.
double rounded(double x) noexcept { return std::nearbyint(x); }

double uniform_log(const std::array<double, 2>& range, RandomStream& random) noexcept {
  return portable::exp(random.uniform(portable::log(range[0]), portable::log(range[1])));
}

int below(int bound, RandomStream& random) noexcept {
  return static_cast<int>(random.below(static_cast<std::uint64_t>(bound)));
}

// One try: a uniform share of the area with a log-uniform ratio, at a uniform place, if it fits.
std::optional<Rect> try_crop(const RandomResizedCrop& crop, Size image, RandomStream& random) noexcept {
  const double area = static_cast<double>(image.width) * image.height;
  const double target = area * random.uniform(crop.scale[0], crop.scale[1]);
  const double ratio = uniform_log(crop.ratio, random);
  const double width = rounded(std::sqrt(target * ratio));
  const double height = rounded(std::sqrt(target / ratio));
  const bool fits = width > 0 && width <= image.width && height > 0 && height <= image.height;
  if (!fits) return std::nullopt;

  Rect rect{0, 0, static_cast<int>(width), static_cast<int>(height)};
  rect.y = below(image.height - rect.height + 1, random);
  rect.x = below(image.width - rect.width + 1, random);
  return rect;
}

// The largest crop in the middle whose ratio is allowed.
Rect central_crop(const RandomResizedCrop& crop, Size image) noexcept {
  const double ratio = static_cast<double>(image.width) / image.height;
  Rect rect{0, 0, image.width, image.height};
  if (ratio < crop.ratio[0]) {
    rect.height = truncated(rounded(image.width / crop.ratio[0]));
  } else if (ratio > crop.ratio[1]) {
    rect.width = truncated(rounded(image.height * crop.ratio[1]));
  }
  rect.width = std::clamp(rect.width, 1, image.width);
  rect.height = std::clamp(rect.height, 1, image.height);
  rect.x = (image.width - rect.width) / 2;
  rect.y = (image.height - rect.height) / 2;
  return rect;
}

// Where a crop of `crop` pixels begins on an axis of `image` pixels. torchvision pads to the crop's size first, the
// smaller half before the image.
int center_offset(int crop, int image) noexcept {
  if (crop > image) return -((crop - image) / 2);
  return static_cast<int>(rounded((image - crop) / 2.0));
}

}  // namespace

Size resized_size(const Resize& resize, Size image) noexcept {
  if (resize.exact) return *resize.exact;
  const double shorter = std::min(image.width, image.height);
  const double longer = std::max(image.width, image.height);
  double new_shorter = resize.shorter_side;
  double new_longer = std::floor(new_shorter * longer / shorter);
  if (resize.max_size > 0 && new_longer > resize.max_size) {
    new_shorter = std::floor(resize.max_size * new_shorter / new_longer);
    new_longer = resize.max_size;
  }
  const int small = std::max(1, truncated(new_shorter));
  const int large = truncated(new_longer);
  return image.width <= image.height ? Size{large, small} : Size{small, large};
}

Rect center_crop(Size crop, Size image) noexcept {
  return {center_offset(crop.width, image.width), center_offset(crop.height, image.height), crop.width, crop.height};
}

std::optional<Rect> draw_erasing(const RandomErasing& op, Size image, RandomStream& random) noexcept {
  const double area = static_cast<double>(image.width) * image.height;
  for (int tries = 0; tries < 10; ++tries) {
    const double target = area * random.uniform(op.scale[0], op.scale[1]);
    const double ratio = uniform_log(op.ratio, random);
    const double height = rounded(std::sqrt(target * ratio));
    const double width = rounded(std::sqrt(target / ratio));
    if (!(height < image.height && width < image.width)) continue;
    Rect rect{0, 0, static_cast<int>(width), static_cast<int>(height)};
    rect.y = below(image.height - rect.height + 1, random);
    rect.x = below(image.width - rect.width + 1, random);
    return rect;
  }
  return std::nullopt;
}

Size padded_size(const Padding& padding, Size image) noexcept {
  return {image.height + padding.top + padding.bottom, image.width + padding.left + padding.right};
}

std::optional<Rect> draw_crop(Size crop, Size image, RandomStream& random) noexcept {
  if (crop.height > image.height || crop.width > image.width) return std::nullopt;
  if (crop == image) return Rect{0, 0, crop.width, crop.height};
  const int y = below(image.height - crop.height + 1, random);
  const int x = below(image.width - crop.width + 1, random);
  return Rect{x, y, crop.width, crop.height};
}

Size shortest_size(const RandomShortestSize& op, int min_size, Size image) noexcept {
  double ratio = static_cast<double>(min_size) / std::min(image.height, image.width);
  if (op.max_size > 0) {
    ratio = std::min(ratio, static_cast<double>(op.max_size) / std::max(image.height, image.width));
  }
  return {std::max(1, truncated(image.height * ratio)), std::max(1, truncated(image.width * ratio))};
}

Rect draw_resized_crop(const RandomResizedCrop& crop, Size image, RandomStream& random) noexcept {
  for (int tries = 0; tries < 10; ++tries) {
    if (const auto rect = try_crop(crop, image, random)) return *rect;
  }
  return central_crop(crop, image);
}

}  // namespace slabring
