#pragma once

#include <array>
#include <cstdint>

#include "slabring/sample.hpp"

namespace slabring {

/// How often each value occurs in each channel.
using Histogram = std::array<std::array<std::int64_t, 256>, 4>;

/// What becomes of each value of each channel: operations that look at nothing but the value, put one behind another
/// until the image has to be touched.
class PointTable {
 public:
  PointTable() noexcept { reset(); }

  bool changes_nothing() const noexcept { return identity_; }
  void reset() noexcept;
  std::uint8_t operator()(int channel, std::uint8_t value) const noexcept {
    return table_[static_cast<std::size_t>(channel)][value];
  }

  /// Puts an operation behind those that are there; `value_of(channel, value)` is what it makes of a value.
  template <class ValueOf>
  void then(const ValueOf& value_of) {
    std::array<std::uint8_t, 256> next;
    for (std::size_t channel = 0; channel < table_.size(); ++channel) {
      for (int value = 0; value < 256; ++value) {
        next[static_cast<std::size_t>(value)] = value_of(static_cast<int>(channel), value);
      }
      for (std::uint8_t& value : table_[channel]) value = next[value];
    }
    identity_ = false;
  }

  void apply(const MutableImageView& image) const noexcept;
  /// The histogram that `image` has once the table is applied.
  void count(const ImageView& image, Histogram& histogram) const noexcept;

 private:
  std::array<std::array<std::uint8_t, 256>, 4> table_;
  bool identity_ = true;
};

// The operations, each as Pillow's ImageEnhance or ImageOps makes its table.

void then_brightness(PointTable& table, double factor);
/// `mean` is the image's mean luma, rounded.
void then_contrast(PointTable& table, double factor, int mean);
void then_posterize(PointTable& table, int bits);
void then_solarize(PointTable& table, double threshold);
void then_invert(PointTable& table);
void then_autocontrast(PointTable& table, const Histogram& histogram);
void then_equalize(PointTable& table, const Histogram& histogram);

}  // namespace slabring
