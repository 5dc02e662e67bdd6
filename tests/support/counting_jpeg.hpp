#pragma once

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "decode/jpeg_tiles.hpp"

namespace slabring::test {

/// A JPEG in tiles that is wrong wherever nobody asked for the bytes, and that counts how many were asked for.
class CountingJpeg final : public TiledJpeg {
 public:
  CountingJpeg(std::span<const std::byte> file, const JpegTiles& tiles)
      : file_(file), shown_(file.size(), std::byte{0xA5}), tiles_(tiles) {}

  std::span<const std::byte> bytes() const noexcept override { return shown_; }
  const JpegTiles& tiles() const noexcept override { return tiles_; }
  bool fetch(std::size_t begin, std::size_t end) override {
    std::ranges::copy(file_.subspan(begin, end - begin), shown_.begin() + static_cast<std::ptrdiff_t>(begin));
    fetched_ += end - begin;
    return true;
  }
  std::span<const std::byte> whole() override {
    ++whole_;
    return file_;
  }

  std::size_t fetched() const { return fetched_; }
  int times_whole() const { return whole_; }

 private:
  std::span<const std::byte> file_;
  std::vector<std::byte> shown_;
  const JpegTiles& tiles_;
  std::size_t fetched_ = 0;
  int whole_ = 0;
};

}  // namespace slabring::test
