#include "base/portable_math.hpp"

#include <cmath>

namespace slabring::portable {
namespace {

// Taylor series, of which the first term left out is below 2^-60 of the sum for |x| up to pi / 4.

// (sin(x) - x) / x^3 as a polynomial in z = x^2.
double sine_series(double z) noexcept {
  double sum = 1.0 / 355687428096000.0;  // 17!
  sum = -1.0 / 1307674368000.0 + z * sum;
  sum = 1.0 / 6227020800.0 + z * sum;
  sum = -1.0 / 39916800.0 + z * sum;
  sum = 1.0 / 362880.0 + z * sum;
  sum = -1.0 / 5040.0 + z * sum;
  sum = 1.0 / 120.0 + z * sum;
  return -1.0 / 6.0 + z * sum;
}

// (cos(x) - 1 + x^2 / 2) / x^4.
double cosine_series(double z) noexcept {
  double sum = 1.0 / 20922789888000.0;  // 16!
  sum = -1.0 / 87178291200.0 + z * sum;
  sum = 1.0 / 479001600.0 + z * sum;
  sum = -1.0 / 3628800.0 + z * sum;
  sum = 1.0 / 40320.0 + z * sum;
  sum = -1.0 / 720.0 + z * sum;
  return 1.0 / 24.0 + z * sum;
}

// x less a whole number of quarter turns, in two parts, and that number.
struct Reduced {
  double high;
  double low;
  int quarters;
};

// pi / 2 in three parts; the first two have 33 bits, so that a whole number of 20 bits times them is exact.
constexpr double half_pi_1 = 0x1.921fb544p+0;
constexpr double half_pi_2 = 0x1.0b4611a6p-34;
constexpr double half_pi_3 = 0x1.3198a2e037073p-69;

Reduced reduced(double x) noexcept {
  const double turns = std::nearbyint(x * 0x1.45f306dc9c883p-1);  // 2 / pi
  const double first = x - turns * half_pi_1;
  const double second = turns * half_pi_2;
  const double head = first - second;
  const double third = ((first - head) - second) - turns * half_pi_3;
  const double high = head + third;
  return {high, (head - high) + third, static_cast<int>(static_cast<long>(turns) & 3)};
}

// log(2) in two parts; the first has 32 bits, so that a whole number of 20 bits times it is exact.
constexpr double log_2_high = 0x1.62e42feep-1;
constexpr double log_2_low = 0x1.a39ef35793c76p-33;

double sine(const Reduced& x) noexcept {
  const double z = x.high * x.high;
  return x.high + (x.high * z * sine_series(z) + x.low * (1.0 - 0.5 * z));
}

double cosine(const Reduced& x) noexcept {
  const double z = x.high * x.high;
  const double half = 0.5 * z;
  const double head = 1.0 - half;
  return head + (((1.0 - head) - half) + (z * z * cosine_series(z) - x.high * x.low));
}

double by_quarters(const Reduced& x, int quarters) noexcept {
  switch (quarters & 3) {
    case 0: return sine(x);
    case 1: return cosine(x);
    case 2: return -sine(x);
    default: return -cosine(x);
  }
}

}  // namespace

double sin(double x) noexcept {
  const Reduced part = reduced(x);
  return by_quarters(part, part.quarters);
}

double cos(double x) noexcept {
  const Reduced part = reduced(x);
  return by_quarters(part, part.quarters + 1);
}

double tan(double x) noexcept { return sin(x) / cos(x); }

// log(m 2^e) = e log(2) + 2 atanh((m - 1) / (m + 1)), with m between the roots of 1/2 and 2.
double log(double x) noexcept {
  int exponent = 0;
  double mantissa = std::frexp(x, &exponent);
  if (mantissa < 0x1.6a09e667f3bcdp-1) {
    mantissa *= 2.0;
    --exponent;
  }
  const double f = (mantissa - 1.0) / (mantissa + 1.0);
  const double z = f * f;
  double sum = 1.0 / 21.0;
  for (int n = 19; n >= 3; n -= 2) sum = 1.0 / n + z * sum;
  return exponent * log_2_high + (2.0 * f + (2.0 * f * z * sum + exponent * log_2_low));
}

// exp(k log(2) + r) = 2^k exp(r), a Taylor series.
double exp(double x) noexcept {
  const double k = std::nearbyint(x * 0x1.71547652b82fep+0);  // 1 / log(2)
  const double r = (x - k * log_2_high) - k * log_2_low;
  double sum = 1.0;
  for (int n = 14; n >= 1; --n) sum = 1.0 + r / n * sum;
  return std::ldexp(sum, static_cast<int>(k));
}

}  // namespace slabring::portable
