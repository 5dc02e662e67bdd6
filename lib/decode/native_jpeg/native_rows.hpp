#pragma once

#include <cstddef>
#include <cstdint>

#include "base/row_feed.hpp"
#include "decode/image_buffer.hpp"
#include "decode/native_jpeg/native_decoder.hpp"

namespace slabring::native_jpeg {

/// A region as NativeDecoder makes it, a part of its rows in memory at a time: who resamples them finds them in the
/// cache, and a large image needs no memory of its size. Given up when the file may be damaged.
class NativeRows final : public RowFeed {
 public:
  /// Requires: `decoder` outlives it and decodes nothing else before finish().
  explicit NativeRows(NativeDecoder& decoder) noexcept : decoder_(decoder) {}

  /// As NativeDecoder::begin().
  bool begin(const Rect& region);

  int width() const noexcept override { return width_; }
  int height() const noexcept override { return height_; }
  void keep(int rows) override;
  const std::uint8_t* row(int y) override;
  void finish() override;

  /// Regions that were decoded to their end.
  std::uint64_t finished() const noexcept { return finished_; }
  std::size_t scratch_bytes() const noexcept { return ring_.capacity(); }

 private:
  /// Rows are made ahead as far as so many bytes hold, which is all of a usual image. One at a time they would find the
  /// decoder's tables driven out of the first cache by whoever uses them, and the other way round: 1.1 times the time.
  static constexpr std::size_t bytes_ahead = std::size_t{512} << 10;

  std::uint8_t* place_of(int y) noexcept { return first_ + static_cast<std::size_t>(y % rows_) * stride_; }

  NativeDecoder& decoder_;
  ImageBuffer ring_;
  std::uint8_t* first_ = nullptr;
  std::size_t stride_ = 0;
  int rows_ = 0;   ///< that the ring holds
  int ahead_ = 0;  ///< of those, rows beyond the ones that are kept
  int width_ = 0;
  int height_ = 0;
  int made_ = 0;
  std::uint64_t finished_ = 0;
};

}  // namespace slabring::native_jpeg
