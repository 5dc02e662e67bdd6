#include "contact_sheet.hpp"

#include <stb_easy_font.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <new>

#ifndef __clang_analyzer__  // what it finds in there is not ours to mend
#define STB_IMAGE_WRITE_IMPLEMENTATION
#endif
#define STBI_WRITE_NO_STDIO
#include <stb_image_write.h>

namespace slabring::cli {

namespace {

constexpr int gap = 6;            ///< around and between cells
constexpr int text_scale = 2;     ///< pixels to a dot of the font
constexpr int caption_dots = 12;  ///< height of a line: 7 dots above the base line, descenders, air
constexpr std::uint8_t paper[3] = {32, 32, 32};
constexpr std::uint8_t ink[3] = {235, 235, 235};

/// One vertex as stb_easy_font_print writes it.
struct Vertex {
  float x, y, z;
  unsigned char colour[4];
};
static_assert(sizeof(Vertex) == 16);

/// The font has the printable characters of ASCII and looks nothing else up safely. A character of several UTF-8 bytes
/// becomes one '?'.
std::string printable(const std::string& text) {
  std::string result;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool continues = (byte & 0xc0) == 0x80;
    if (!continues) result += byte >= 32 && byte < 127 ? c : '?';
  }
  return result;
}

}  // namespace

ContactSheet::ContactSheet(int count, int width, int height)
    : columns_(static_cast<int>(std::ceil(std::sqrt(static_cast<double>(count))))),
      cell_width_(width),
      cell_height_(height + caption_dots * text_scale) {
  const int lines = (count + columns_ - 1) / columns_;
  width_ = gap + columns_ * (cell_width_ + gap);
  height_ = gap + lines * (cell_height_ + gap);
  pixels_.resize(static_cast<std::size_t>(width_) * static_cast<std::size_t>(height_) * 3);
  fill(0, 0, width_, height_, paper);
}

ImageView ContactSheet::view() const noexcept {
  return {pixels_.data(), width_, height_, 3, std::ptrdiff_t{3} * width_};
}

void ContactSheet::place(int position, const ImageView& pixels, const std::string& caption) {
  const int x = gap + position % columns_ * (cell_width_ + gap);
  const int y = gap + position / columns_ * (cell_height_ + gap);
  for (int row = 0; row != pixels.height; ++row) {
    std::uint8_t* to = pixels_.data() + (static_cast<std::ptrdiff_t>(y + row) * width_ + x) * 3;
    std::memcpy(to, pixels.row(row), static_cast<std::size_t>(pixels.width) * 3);
  }
  draw_text(x, y + pixels.height + text_scale * 3, cell_width_, printable(caption));
}

/// stb_easy_font makes every letter of a few axis-parallel rectangles, four vertices each.
void ContactSheet::draw_text(int x, int y, int max_width, std::string text) {
  while (!text.empty() && stb_easy_font_width(text.data()) * text_scale > max_width) text.pop_back();
  constexpr std::size_t most_rectangles_a_letter = 24;
  std::vector<Vertex> vertices(text.size() * most_rectangles_a_letter * 4);
  const int quads = stb_easy_font_print(0, 0, text.data(), nullptr, vertices.data(),
                                        static_cast<int>(vertices.size() * sizeof(Vertex)));
  for (int quad = 0; quad != quads; ++quad) {
    const Vertex& low = vertices[static_cast<std::size_t>(quad) * 4];
    const Vertex& high = vertices[static_cast<std::size_t>(quad) * 4 + 2];
    const auto dots = [](float value) { return static_cast<int>(value) * text_scale; };
    fill(x + dots(low.x), y + dots(low.y), dots(high.x) - dots(low.x), dots(high.y) - dots(low.y), ink);
  }
}

void ContactSheet::fill(int x, int y, int width, int height, const std::uint8_t (&colour)[3]) {
  for (int row = std::max(y, 0); row < std::min(y + height, height_); ++row) {
    for (int column = std::max(x, 0); column < std::min(x + width, width_); ++column) {
      std::memcpy(pixels_.data() + (static_cast<std::ptrdiff_t>(row) * width_ + column) * 3, colour, 3);
    }
  }
}

std::vector<std::byte> ContactSheet::png() const {
  std::vector<std::byte> file;
  const auto append = [](void* context, void* data, int size) {
    const auto* bytes = static_cast<const std::byte*>(data);
    static_cast<std::vector<std::byte>*>(context)->insert(static_cast<std::vector<std::byte>*>(context)->end(), bytes,
                                                          bytes + size);
  };
  if (stbi_write_png_to_func(append, &file, width_, height_, 3, pixels_.data(), width_ * 3) == 0) {
    throw std::bad_alloc();  // the only way it fails
  }
  return file;
}

}  // namespace slabring::cli
