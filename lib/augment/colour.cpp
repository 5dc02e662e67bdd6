#include "augment/colour.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "augment/blend.hpp"

namespace slabring {
namespace {

// Calls pixel(bytes) for every pixel.
template <class Pixel>
void for_each_pixel(const MutableImageView& image, const Pixel& pixel) {
  for (int y = 0; y < image.height; ++y) {
    std::uint8_t* bytes = image.row(y);
    for (int x = 0; x < image.width; ++x, bytes += image.channels) pixel(bytes);
  }
}

struct Hsv {
  std::uint8_t hue;
  std::uint8_t saturation;
  std::uint8_t value;
};

// Pillow's rgb2hsv, float32 and double exactly where it has them.
Hsv to_hsv(const std::uint8_t* rgb) noexcept {
  const int red = rgb[0];
  const int green = rgb[1];
  const int blue = rgb[2];
  const int high = std::max(red, std::max(green, blue));
  const int low = std::min(red, std::min(green, blue));
  if (low == high) return {0, 0, static_cast<std::uint8_t>(high)};

  const auto range = static_cast<float>(high - low);
  const float saturation = range / static_cast<float>(high);
  const float from_red = static_cast<float>(high - red) / range;
  const float from_green = static_cast<float>(high - green) / range;
  const float from_blue = static_cast<float>(high - blue) / range;
  float sector = 0.0F;
  if (red == high) {
    sector = from_blue - from_green;
  } else if (green == high) {
    sector = static_cast<float>(2.0 + static_cast<double>(from_red) - static_cast<double>(from_blue));
  } else {
    sector = static_cast<float>(4.0 + static_cast<double>(from_green) - static_cast<double>(from_red));
  }
  const double turns = static_cast<double>(sector) / 6.0 + 1.0;  // 0.83 to 1.84
  const auto hue = static_cast<float>(turns >= 1.0 ? turns - 1.0 : turns);
  const auto byte = [](float x) { return static_cast<std::uint8_t>(std::clamp(static_cast<int>(x * 255.0), 0, 255)); };
  return {byte(hue), byte(saturation), static_cast<std::uint8_t>(high)};
}

// What Pillow's hsv2rgb makes of a hue before saturation and value come in.
struct HueSector {
  int sector;      // 0 to 5
  float fraction;  // of the way through it
};

constexpr HueSector sector_of(int hue) noexcept {
  const double sixths = static_cast<double>(static_cast<float>(hue)) * 6.0 / 255.0;
  const auto sector = static_cast<int>(sixths);
  return {sector % 6, static_cast<float>(sixths - static_cast<double>(static_cast<float>(sector)))};
}

constexpr std::array<HueSector, 256> make_sectors() noexcept {
  std::array<HueSector, 256> sectors{};
  for (int hue = 0; hue < 256; ++hue) sectors[static_cast<std::size_t>(hue)] = sector_of(hue);
  return sectors;
}
constexpr std::array<HueSector, 256> sectors = make_sectors();

void from_hsv(const Hsv& hsv, std::uint8_t* rgb) noexcept {
  const HueSector at = sectors[hsv.hue];
  const auto value = static_cast<double>(static_cast<float>(hsv.value));
  const auto saturation = static_cast<float>(hsv.saturation / 255.0);
  // round() of C for what is never negative.
  const auto byte = [](double x) { return static_cast<std::uint8_t>(static_cast<int>(x + 0.5)); };
  const std::uint8_t v = hsv.value;
  const std::uint8_t p = byte(value * (1.0 - static_cast<double>(saturation)));
  const std::uint8_t q = byte(value * (1.0 - static_cast<double>(saturation * at.fraction)));  // a float32 product
  const std::uint8_t t =
      byte(value * (1.0 - static_cast<double>(saturation) * (1.0 - static_cast<double>(at.fraction))));
  const std::array<std::array<std::uint8_t, 3>, 6> colours{
      {{v, t, p}, {q, v, p}, {p, v, t}, {p, q, v}, {t, p, v}, {v, p, q}}};
  std::copy_n(colours[static_cast<std::size_t>(at.sector)].begin(), 3, rgb);
}

}  // namespace

int mean_luma(const ImageView& image, const PointTable& table) noexcept {
  std::int64_t sum = 0;
  for (int y = 0; y < image.height; ++y) {
    const std::uint8_t* bytes = image.row(y);
    for (int x = 0; x < image.width; ++x, bytes += image.channels) {
      sum +=
          image.channels == 1 ? table(0, bytes[0]) : luma(table(0, bytes[0]), table(1, bytes[1]), table(2, bytes[2]));
    }
  }
  const auto pixels = static_cast<double>(std::int64_t{image.width} * image.height);
  return static_cast<int>(static_cast<double>(sum) / pixels + 0.5);
}

void adjust_saturation(const MutableImageView& image, double factor) noexcept {
  if (image.channels == 1) return;
  const auto alpha = static_cast<float>(factor);
  for_each_pixel(image, [alpha](std::uint8_t* rgb) {
    const int gray = luma(rgb[0], rgb[1], rgb[2]);
    for (int c = 0; c < 3; ++c) rgb[c] = blended(gray, rgb[c], alpha);
  });
}

void adjust_hue(const MutableImageView& image, double factor) noexcept {
  if (image.channels == 1) return;
  const int shift = static_cast<int>(factor * 255);
  for_each_pixel(image, [shift](std::uint8_t* rgb) {
    Hsv hsv = to_hsv(rgb);
    hsv.hue = static_cast<std::uint8_t>(hsv.hue + shift);  // around the wheel
    from_hsv(hsv, rgb);
  });
}

void make_gray(const MutableImageView& image) noexcept {
  if (image.channels == 1) return;
  for_each_pixel(image, [](std::uint8_t* rgb) { std::fill_n(rgb, 3, luma(rgb[0], rgb[1], rgb[2])); });
}

MutableImageView narrowed_to_gray(const MutableImageView& image) noexcept {
  if (image.channels == 1) return image;
  std::uint8_t* out = image.data;
  for_each_pixel(image, [&out](const std::uint8_t* rgb) { *out++ = luma(rgb[0], rgb[1], rgb[2]); });
  return {image.data, image.width, image.height, 1, image.width};
}

void widen_gray(const ImageView& image, const MutableImageView& out) noexcept {
  for (int y = 0; y < image.height; ++y) {
    const std::uint8_t* from = image.row(y);
    std::uint8_t* to = out.row(y);
    for (int x = 0; x < image.width; ++x, to += 3) std::fill_n(to, 3, from[x]);
  }
}

}  // namespace slabring
