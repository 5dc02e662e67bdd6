#include "decode/native_jpeg/native_rows.hpp"

#include <algorithm>

namespace slabring::native_jpeg {

bool NativeRows::begin(const Rect& region) {
  width_ = region.width;
  height_ = region.height;
  stride_ = static_cast<std::size_t>(width_) * 3 + bytes_behind;
  made_ = 0;
  keep(1);
  return decoder_.begin(region);
}

void NativeRows::keep(int rows) {
  const int kept = std::min(rows, height_);
  ahead_ = std::min(height_ - kept, static_cast<int>(bytes_ahead / stride_));
  rows_ = kept + ahead_;
  first_ = ring_.bytes(static_cast<std::size_t>(rows_) * stride_);
}

const std::uint8_t* NativeRows::row(int y) {
  if (y >= made_) {
    for (const int end = std::min(y + ahead_ + 1, height_); made_ < end; ++made_) {
      if (!decoder_.next_row(place_of(made_))) throw GivenUp();
    }
  }
  return place_of(y);
}

void NativeRows::finish() {
  if (made_ < height_) row(height_ - 1);
  if (!decoder_.ends_soundly()) throw GivenUp();
  ++finished_;
}

}  // namespace slabring::native_jpeg
