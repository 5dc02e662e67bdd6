#include "augment/normal_stream.hpp"

#include <algorithm>

namespace slabring {
namespace {

constexpr double smallest = 0x1p-53;  // what uniform() gives above 0; its logarithm is finite

}  // namespace

double draw_gamma(double alpha, RandomStream& random) noexcept {
  if (alpha < 1.0) {  // from the next shape, by a power of a uniform number
    const double power = portable::log(std::max(random.uniform(), smallest)) / alpha;
    return power < -690.0 ? 0.0 : draw_gamma(alpha + 1.0, random) * portable::exp(power);
  }
  const double d = alpha - 1.0 / 3.0;
  const double c = 1.0 / std::sqrt(9.0 * d);
  NormalStream normal(random);
  for (;;) {
    const double x = normal.next();
    const double v = (1.0 + c * x) * (1.0 + c * x) * (1.0 + c * x);
    if (v <= 0.0) continue;
    const double u = std::max(random.uniform(), smallest);
    if (portable::log(u) < 0.5 * x * x + d - d * v + d * portable::log(v)) return d * v;
  }
}

}  // namespace slabring
