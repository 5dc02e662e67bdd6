#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "augment/geometry.hpp"
#include "augment/program.hpp"
#include "augment/scratch.hpp"
#include "slabring/sample.hpp"

namespace slabring::test {

/// An image that owns its pixels, without padding between the rows.
struct Image {
  Image(int w, int h, int c)
      : width(w),
        height(h),
        channels(c),
        bytes(static_cast<std::size_t>(w) * static_cast<std::size_t>(h) * static_cast<std::size_t>(c)) {}

  ImageView view() const noexcept {
    return {bytes.data(), width, height, channels, static_cast<std::ptrdiff_t>(width) * channels};
  }
  RowShape shape(DType dtype = DType::u8, Layout layout = Layout::nhwc) const noexcept {
    return {height, width, channels, dtype, layout};
  }
  bool operator==(const Image&) const = default;

  int width;
  int height;
  int channels;
  std::vector<std::uint8_t> bytes;
};

/// Every byte differs from its neighbours and depends on `seed`.
inline Image noise(int width, int height, int channels, std::uint64_t seed = 1) {
  Image image(width, height, channels);
  RandomStream random(seed, SampleId{0}, 0);
  for (std::uint8_t& byte : image.bytes) byte = static_cast<std::uint8_t>(random.bits() >> 32);
  return image;
}

/// A copy of `rect`, in memory of its own: reading beyond it is an error that sanitizers see.
inline Image part_of(const Image& image, const Rect& rect) {
  Image part(rect.width, rect.height, image.channels);
  const auto line = static_cast<std::ptrdiff_t>(rect.width) * image.channels;
  auto out = part.bytes.begin();
  for (int y = rect.y; y < rect.bottom(); ++y, out += line) {
    const auto from = image.bytes.begin() + (static_cast<std::ptrdiff_t>(y) * image.width + rect.x) * image.channels;
    std::copy(from, from + line, out);
  }
  return part;
}

/// Runs a plan on its region of `image`.
inline std::vector<std::byte> run(const Program& program, const SamplePlan& plan, const Image& image,
                                  AugmentScratch& scratch) {
  const Image region = part_of(image, plan.region());
  std::vector<std::byte> row(program.row_shape().bytes(), std::byte{0xa5});
  program.run(plan, region.view(), row.data(), scratch);
  return row;
}

/// Plans and runs.
inline std::vector<std::byte> transformed(const Program& program, const Image& image, const SampleKey& key = {}) {
  AugmentScratch scratch;
  SamplePlan plan;
  program.plan(image.width, image.height, key, plan);
  return run(program, plan, image, scratch);
}

/// A pipeline's u8 result as an image.
inline Image transformed_image(const Pipeline& pipeline, const Image& image, const SampleKey& key = {}) {
  const Program program(pipeline, DType::u8, Layout::nhwc, image.shape());
  const std::vector<std::byte> row = transformed(program, image, key);
  Image out(program.row_shape().width, program.row_shape().height, program.row_shape().channels);
  std::transform(row.begin(), row.end(), out.bytes.begin(),
                 [](std::byte b) { return std::to_integer<std::uint8_t>(b); });
  return out;
}

}  // namespace slabring::test
