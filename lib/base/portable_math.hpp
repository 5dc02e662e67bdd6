#pragma once

namespace slabring {

/// Elementary functions that give the same bits on every machine. The C library's choose their code by CPU (with or
/// without fused multiply-add), and what is drawn with them decides over pixels that have to be the same everywhere.
/// In double, off by less than one unit in the last place or so.
namespace portable {

/// Requires: |x| below a million.
double sin(double x) noexcept;
double cos(double x) noexcept;
double tan(double x) noexcept;

/// Requires: x > 0, not subnormal.
double log(double x) noexcept;
/// Requires: |x| below 700.
double exp(double x) noexcept;

}  // namespace portable
}  // namespace slabring
