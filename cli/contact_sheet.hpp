#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "slabring/sample.hpp"

namespace slabring::cli {

/// Images of one size side by side in a grid that is as square as it can be, each with a caption below; 8-bit RGB.
class ContactSheet {
 public:
  /// Room for `count` images of `width` x `height`. Requires: all > 0.
  ContactSheet(int count, int width, int height);

  /// Puts an image at `position`, from 0, row by row. `pixels` has 3 channels and the size given. A caption too long
  /// for its image is cut; what is not ASCII in it is drawn as '?'.
  void place(int position, const ImageView& pixels, const std::string& caption);

  int columns() const noexcept { return columns_; }
  ImageView view() const noexcept;
  /// The sheet as the bytes of a PNG file.
  std::vector<std::byte> png() const;

 private:
  void draw_text(int x, int y, int max_width, std::string text);
  void fill(int x, int y, int width, int height, const std::uint8_t (&colour)[3]);

  int columns_;
  int cell_width_;
  int cell_height_;
  int width_;
  int height_;
  std::vector<std::uint8_t> pixels_;
};

}  // namespace slabring::cli
