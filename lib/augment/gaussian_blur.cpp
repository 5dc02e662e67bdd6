#include "augment/gaussian_blur.hpp"

#include <algorithm>
#include <cstddef>

#include "augment/border.hpp"
#include "base/portable_math.hpp"

namespace slabring {
namespace {

// One half of a kernel's weights would do; all of them keep the loops plain.
void fill_kernel(int size, double sigma, float* weights) noexcept {
  const int middle = size / 2;
  double sum = 0.0;
  for (int pass = 0; pass < 2; ++pass) {
    for (int i = 0; i < size; ++i) {
      const double x = (i - middle) / sigma;
      const double exponent = std::max(-0.5 * x * x, -600.0);
      const double density = portable::exp(exponent);
      if (pass == 0) sum += density;
      if (pass == 1) weights[i] = static_cast<float>(density / sum);
    }
  }
}

void add_scaled(const float* __restrict from, float weight, std::size_t count, float* __restrict sum) noexcept {
  for (std::size_t i = 0; i < count; ++i) sum[i] += weight * from[i];
}

// To the nearest, ties to even: beyond 2^23 a float32 has no fraction, so that adding and taking away rounds.
void round_to_bytes(const float* __restrict from, std::size_t count, std::uint8_t* __restrict to) noexcept {
  constexpr float magic = 12'582'912.0F;  // 1.5 x 2^23
  for (std::size_t i = 0; i < count; ++i)
    to[i] = static_cast<std::uint8_t>(static_cast<int>((from[i] + magic) - magic));
}

class Blur {
 public:
  Blur(const MutableImageView& image, const std::array<int, 2>& size, double sigma, ScratchBuffer<float>& floats)
      : image_(image),
        size_(size),
        channels_(static_cast<std::size_t>(image.channels)),
        line_(static_cast<std::size_t>(image.width) * channels_) {
    const auto columns = static_cast<std::size_t>(size[0]);
    const auto rows = static_cast<std::size_t>(size[1]);
    weights_x_ = floats.take(columns + rows + (line_ + columns * channels_) + rows * line_ + line_);
    weights_y_ = weights_x_ + columns;
    widened_ = weights_y_ + rows;
    ring_ = widened_ + line_ + columns * channels_;
    sum_ = ring_ + rows * line_;
    fill_kernel(size[0], sigma, weights_x_);
    fill_kernel(size[1], sigma, weights_y_);
  }

  // A row of the result overwrites a row that the ring has, with all that is still needed of it.
  void run() {
    const int reach = size_[1] / 2;
    int next = 0;
    for (int y = 0; y < image_.height; ++y) {
      for (; next <= std::min(y + reach, image_.height - 1); ++next) blur_across(next);
      std::fill_n(sum_, line_, 0.0F);
      for (int i = 0; i < size_[1]; ++i) {
        const int from = mirrored_position(y - reach + i, image_.height, PaddingMode::reflect);
        add_scaled(ring_row(from), weights_y_[i], line_, sum_);
      }
      round_to_bytes(sum_, line_, image_.row(y));
    }
  }

 private:
  float* ring_row(int y) const noexcept { return ring_ + static_cast<std::size_t>(y % size_[1]) * line_; }

  void blur_across(int y) {
    const int reach = size_[0] / 2;
    const std::uint8_t* row = image_.row(y);
    const int widened = image_.width + 2 * reach;
    for (int x = 0; x < widened; ++x) {
      const auto from = static_cast<std::size_t>(mirrored_position(x - reach, image_.width, PaddingMode::reflect));
      const auto to = static_cast<std::size_t>(x);
      for (std::size_t c = 0; c < channels_; ++c) widened_[to * channels_ + c] = row[from * channels_ + c];
    }
    float* out = ring_row(y);
    std::fill_n(out, line_, 0.0F);
    for (int i = 0; i < size_[0]; ++i) {
      add_scaled(widened_ + static_cast<std::size_t>(i) * channels_, weights_x_[i], line_, out);
    }
  }

  MutableImageView image_;
  std::array<int, 2> size_;
  std::size_t channels_;
  std::size_t line_;
  float* weights_x_;
  float* weights_y_;
  float* widened_;  // a row with its reflections
  float* ring_;     // rows that are blurred across
  float* sum_;
};

}  // namespace

void gaussian_blur(const MutableImageView& image, const std::array<int, 2>& size, double sigma,
                   ScratchBuffer<float>& floats) {
  Blur(image, size, sigma, floats).run();
}

}  // namespace slabring
