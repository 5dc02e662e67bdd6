#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "slabring/dataset.hpp"

namespace slabring::test {

/// Small images made on demand: byte k of sample i is a function of (i, k), so that any delivered row can be checked.
class PixelDataset : public Dataset {
 public:
  explicit PixelDataset(std::uint64_t count, SampleShape shape = {4, 5, 3}) : count_(count), shape_(shape) {}

  std::uint64_t size() const override { return count_; }
  std::optional<SampleShape> sample_shape() const override { return shape_; }

  void load(SampleId id, Sample& sample) const override {
    auto& buffer = sample.buffer();
    buffer.resize(bytes());
    for (std::size_t k = 0; k < buffer.size(); ++k) buffer[k] = std::byte{expected(to_index(id), k)};
    sample.set_label(static_cast<std::int64_t>(to_index(id)) * 3);
    sample.from_pixels({reinterpret_cast<const std::uint8_t*>(buffer.data()), shape_.width, shape_.height,
                        shape_.channels, std::ptrdiff_t{shape_.width} * shape_.channels});
  }

  std::size_t bytes() const noexcept {
    return static_cast<std::size_t>(shape_.height) * static_cast<std::size_t>(shape_.width) *
           static_cast<std::size_t>(shape_.channels);
  }
  static std::uint8_t expected(std::uint64_t id, std::size_t k) noexcept {
    return static_cast<std::uint8_t>(id * 31 + k * 7 + (id >> 8));
  }

 private:
  std::uint64_t count_;
  SampleShape shape_;
};

}  // namespace slabring::test
