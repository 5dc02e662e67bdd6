#pragma once

#include <cmath>

#include "base/portable_math.hpp"
#include "slabring/transform.hpp"

namespace slabring {

/// Normally distributed numbers, mean 0 and deviation 1: Marsaglia's polar method, two at a time.
class NormalStream {
 public:
  explicit NormalStream(RandomStream& random) noexcept : random_(random) {}

  double next() noexcept {
    if (has_spare_) {
      has_spare_ = false;
      return spare_;
    }
    for (;;) {
      const double x = random_.uniform(-1.0, 1.0);
      const double y = random_.uniform(-1.0, 1.0);
      const double square = x * x + y * y;
      if (square >= 1.0 || square < 1e-300) continue;
      const double factor = std::sqrt(-2.0 * portable::log(square) / square);
      spare_ = y * factor;
      has_spare_ = true;
      return x * factor;
    }
  }

 private:
  RandomStream& random_;
  double spare_ = 0.0;
  bool has_spare_ = false;
};

/// A draw from the gamma distribution of shape `alpha`, scale 1: Marsaglia and Tsang, "A simple method for generating
/// gamma variables" (2000). Requires: alpha > 0.
double draw_gamma(double alpha, RandomStream& random) noexcept;

}  // namespace slabring
