#include "augment/border.hpp"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace slabring {
namespace {

// The run of columns that are the image's own; those before and behind go through `columns`.
struct Inside {
  int begin;
  int end;
};

Inside inside_of(const Rect& window, int width) noexcept {
  const int begin = std::clamp(-window.x, 0, window.width);
  return {begin, std::clamp(width - window.x, begin, window.width)};
}

void copy_pixel(const std::uint8_t* line, std::int32_t from, const Colour& fill, std::size_t channels,
                std::uint8_t* to) {
  std::memcpy(to, from < 0 ? fill.data() : line + static_cast<std::size_t>(from) * channels, channels);
}

void fill_line(const Colour& fill, std::size_t pixels, std::size_t channels, std::uint8_t* to) {
  for (std::size_t x = 0; x < pixels; ++x) std::memcpy(to + x * channels, fill.data(), channels);
}

}  // namespace

int mirrored_position(int at, int size, PaddingMode mode) noexcept {
  if (at >= 0 && at < size) return at;
  switch (mode) {
    case PaddingMode::constant: return -1;
    case PaddingMode::edge: return std::clamp(at, 0, size - 1);
    case PaddingMode::reflect: {
      if (size == 1) return 0;
      const int period = 2 * (size - 1);
      const int in_period = (at % period + period) % period;
      return in_period < size ? in_period : period - in_period;
    }
    case PaddingMode::symmetric: {
      const int period = 2 * size;
      const int in_period = (at % period + period) % period;
      return in_period < size ? in_period : period - 1 - in_period;
    }
  }
  return -1;
}

void copy_window(const ImageView& image, const Rect& window, PaddingMode mode, const Colour& fill,
                 const MutableImageView& out, ScratchBuffer<std::int32_t>& columns) {
  const auto channels = static_cast<std::size_t>(image.channels);
  const auto width = static_cast<std::size_t>(window.width);
  const Inside inside = inside_of(window, image.width);
  std::int32_t* column = columns.take(width);
  for (int x = 0; x < window.width; ++x) column[x] = mirrored_position(window.x + x, image.width, mode);

  for (int y = 0; y < window.height; ++y) {
    const int from = mirrored_position(window.y + y, image.height, mode);
    std::uint8_t* to = out.row(y);
    if (from < 0) {
      fill_line(fill, width, channels, to);
      continue;
    }
    const std::uint8_t* line = image.row(from);
    const auto place = [&](int x) { return to + static_cast<std::size_t>(x) * channels; };
    for (int x = 0; x < inside.begin; ++x) copy_pixel(line, column[x], fill, channels, place(x));
    if (inside.end > inside.begin) {
      std::memcpy(place(inside.begin), line + static_cast<std::size_t>(column[inside.begin]) * channels,
                  static_cast<std::size_t>(inside.end - inside.begin) * channels);
    }
    for (int x = inside.end; x < window.width; ++x) copy_pixel(line, column[x], fill, channels, place(x));
  }
}

}  // namespace slabring
