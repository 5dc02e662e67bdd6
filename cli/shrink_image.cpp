#include "shrink_image.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "augment/program.hpp"
#include "command.hpp"

namespace slabring::cli {

namespace {

/// `side` in the proportion in which `longest` becomes `most`.
int scaled(int side, int longest, int most) {
  return std::max(1, static_cast<int>(std::lround(double{1} * side * most / longest)));
}

std::uint8_t to_byte(double value) { return static_cast<std::uint8_t>(std::clamp(std::lround(value), 0L, 255L)); }

}  // namespace

ShrinkImage::ShrinkImage(int max_side, int quality) : max_side_(max_side), quality_(quality) {
  if (max_side < 1 || max_side > 65'500) {
    throw UsageError(fmt::format("--max-side {}: must be from 1 to 65500", max_side));
  }
  if (quality < 1 || quality > 100) throw UsageError(fmt::format("--quality {}: must be from 1 to 100", quality));
}

/// As JFIF defines it.
void ShrinkImage::to_ycc() {
  for (std::size_t i = 0; i + 2 < image_.pixels.size(); i += 3) {
    const double red = image_.pixels[i];
    const double green = image_.pixels[i + 1];
    const double blue = image_.pixels[i + 2];
    image_.pixels[i] = to_byte(0.299 * red + 0.587 * green + 0.114 * blue);
    image_.pixels[i + 1] = to_byte(-0.168735892 * red - 0.331264108 * green + 0.5 * blue + 128);
    image_.pixels[i + 2] = to_byte(0.5 * red - 0.418687589 * green - 0.081312411 * blue + 128);
  }
}

std::span<const std::byte> ShrinkImage::shrink(std::span<const std::byte> file) {
  const ImageHeader header = decoder_.open(file);
  const int longest = std::max(header.width, header.height);
  if (longest <= max_side_) return file;
  image_.width = scaled(header.width, longest, max_side_);
  image_.height = scaled(header.height, longest, max_side_);
  const Program program(Pipeline{Resize(Size(image_.height, image_.width))}, DType::u8, Layout::nhwc);
  program.plan(header.width, header.height, SampleKey{}, plan_);
  const ImageView pixels = decoder_.decode(plan_.region());
  image_.pixels.resize(program.row_shape().bytes());
  program.run(plan_, pixels, reinterpret_cast<std::byte*>(image_.pixels.data()), scratch_);
  to_ycc();
  return writer_.encode(image_, Subsampling::s420, quality_);
}

}  // namespace slabring::cli
