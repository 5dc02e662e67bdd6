#include "decode/image_buffer.hpp"

namespace slabring {

MutableImageView ImageBuffer::rgb(int width, int height) {
  const std::size_t stride = static_cast<std::size_t>(width) * 3;
  resize(stride * static_cast<std::size_t>(height));
  return {data_.get(), width, height, 3, static_cast<std::ptrdiff_t>(stride)};
}

void ImageBuffer::resize(std::size_t bytes) {
  const bool outlier_is_over = capacity_ > keep_bytes && bytes <= keep_bytes;
  if (bytes <= capacity_ && !outlier_is_over) return;
  data_.reset();
  capacity_ = 0;
  data_ = std::make_unique_for_overwrite<std::uint8_t[]>(bytes);
  capacity_ = bytes;
}

}  // namespace slabring
