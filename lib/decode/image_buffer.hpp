#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "slabring/sample.hpp"

namespace slabring {

/// Memory for the pixels of one image, kept for the next one. After an image larger than keep_bytes the memory is given
/// back, so that one outlier does not make a worker large for the rest of its life. Not thread-safe.
class ImageBuffer {
 public:
  /// An RGB image of 2,800 x 2,000 pixels.
  static constexpr std::size_t keep_bytes = std::size_t{16} << 20;

  /// Room for height rows of width RGB pixels without padding. The contents are undefined; what was here before is
  /// gone. Throws std::bad_alloc. Requires: width, height > 0.
  MutableImageView rgb(int width, int height);

  /// Room for `count` bytes, on the same terms.
  std::uint8_t* bytes(std::size_t count) {
    resize(count);
    return data_.get();
  }

  const std::uint8_t* data() const noexcept { return data_.get(); }
  std::size_t capacity() const noexcept { return capacity_; }

 private:
  void resize(std::size_t bytes);

  std::unique_ptr<std::uint8_t[]> data_;
  std::size_t capacity_ = 0;
};

}  // namespace slabring
