#include "augment/axis_filter.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace slabring {
namespace {

// ---- the filters, as Pillow defines them (float constants included) ----

double box(double x) { return x > -0.5 && x <= 0.5 ? 1.0 : 0.0; }

double bilinear(double x) {
  x = std::fabs(x);
  return x < 1.0 ? 1.0 - x : 0.0;
}

double hamming(double x) {
  x = std::fabs(x);
  if (x == 0.0) return 1.0;
  if (x >= 1.0) return 0.0;
  x *= std::numbers::pi;
  return std::sin(x) / x * (static_cast<double>(0.54F) + static_cast<double>(0.46F) * std::cos(x));
}

double bicubic(double x) {
  constexpr double a = -0.5;
  x = std::fabs(x);
  if (x < 1.0) return ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0;
  if (x < 2.0) return (((x - 5.0) * x + 8.0) * x - 4.0) * a;
  return 0.0;
}

double sinc(double x) {
  if (x == 0.0) return 1.0;
  x *= std::numbers::pi;
  return std::sin(x) / x;
}

double lanczos(double x) { return x >= -3.0 && x < 3.0 ? sinc(x) * sinc(x / 3.0) : 0.0; }

// Writes the weights of the pixels first .. first + count - 1 around `middle` and returns their sum. Made for each
// filter, so that it is compiled into the loop: most images have weights of their own.
template <double (*weight)(double)>
double write_weights(int first, int count, double middle, double inverse, double* out) {
  double sum = 0.0;
  for (int i = 0; i < count; ++i) {
    out[i] = weight((first + i - middle + 0.5) * inverse);
    sum += out[i];
  }
  return sum;
}

struct Filter {
  double (*write)(int first, int count, double middle, double inverse, double* out);
  double support;  // half its width, in input pixels when nothing shrinks
};

Filter filter_of(Interpolation interpolation) noexcept {
  switch (interpolation) {
    case Interpolation::box: return {write_weights<box>, 0.5};
    case Interpolation::hamming: return {write_weights<hamming>, 1.0};
    case Interpolation::bicubic: return {write_weights<bicubic>, 2.0};
    case Interpolation::lanczos: return {write_weights<lanczos>, 3.0};
    case Interpolation::nearest:  // has its own positions, see for_each_nearest()
    case Interpolation::bilinear: break;
  }
  return {write_weights<bilinear>, 1.0};
}

// ---- where a filter lies ----

// Positions of a weighted filter along one axis.
class Placement {
 public:
  explicit Placement(const AxisScale& axis) noexcept
      : filter_(filter_of(axis.interpolation)),
        in_(axis.in),
        begin_(axis.begin),
        scale_((axis.length > 0.0 ? axis.length : static_cast<double>(axis.in)) / axis.out),
        stretch_(std::max(scale_, 1.0)),
        support_(filter_.support * stretch_) {}

  double center(int pixel) const noexcept { return begin_ + (pixel + 0.5) * scale_; }

  // Truncation of the rounded ends, not floor: Pillow's arithmetic decides which pixels take part.
  PixelSpan span(int pixel) const noexcept {
    const double middle = center(pixel);
    const int begin = static_cast<int>(middle - support_ + 0.5);
    const int end = static_cast<int>(middle + support_ + 0.5);
    return {std::max(begin, 0), std::min(end, in_)};
  }

  // Writes the weights of the span's pixels, their sum made 1.
  void weights(int pixel, PixelSpan span, double* out) const {
    const double sum = filter_.write(span.begin, span.end - span.begin, center(pixel), 1.0 / stretch_, out);
    if (sum == 0.0) return;
    for (int i = 0; i < span.end - span.begin; ++i) out[i] /= sum;
  }

 private:
  Filter filter_;
  int in_;
  double begin_;
  double scale_;
  double stretch_;
  double support_;
};

// Calls visit(i, input pixel) for the kept pixels. Pillow adds up the step from pixel to pixel, so does this: the sum's
// rounding errors decide between neighbours.
template <class Visit>
void for_each_nearest(const AxisScale& axis, const Visit& visit) {
  const double step = static_cast<double>(axis.in) / axis.out;
  double position = step * 0.5;
  for (int pixel = 0; pixel < axis.first + axis.count; ++pixel) {
    if (pixel >= axis.first) visit(pixel - axis.first, std::min(static_cast<int>(position), axis.in - 1));
    position += step;
  }
}

std::int32_t fixed_point(double weight) noexcept {
  constexpr double one = 1 << weight_bits;
  return static_cast<std::int32_t>(weight < 0.0 ? weight * one - 0.5 : weight * one + 0.5);
}

WeightPair paired(std::int32_t first, std::int32_t second) noexcept {
  const auto halves = [](std::int32_t lower, std::int32_t upper) {
    return static_cast<std::int32_t>((static_cast<std::uint32_t>(upper) << 16) |
                                     (static_cast<std::uint32_t>(lower) & 0xffff));
  };
  return {halves(first >> 8, second >> 8), halves(first & 0xff, second & 0xff)};
}

}  // namespace

PixelSpan AxisScale::support() const noexcept {
  if (interpolation == Interpolation::nearest) {
    PixelSpan span{in, 0};
    for_each_nearest(*this, [&](int, int source) {
      span.begin = std::min(span.begin, source);
      span.end = source + 1;
    });
    return span;
  }
  const Placement placement(*this);
  return {placement.span(first).begin, placement.span(first + count - 1).end};
}

bool AxisFilter::prepare(const AxisScale& scale) {
  if (scale == scale_) return false;
  scale_ = {};  // nothing is prepared if memory runs out half way
  if (scale.interpolation == Interpolation::nearest) {
    prepare_nearest(scale);
  } else {
    prepare_weighted(scale);
  }
  pair_weights(scale.count);
  scale_ = scale;
  return true;
}

void AxisFilter::prepare_nearest(const AxisScale& scale) {
  const auto count = static_cast<std::size_t>(scale.count);
  taps_ = 1;
  std::fill_n(weights_.take(count), count, std::int32_t{1} << weight_bits);
  std::int32_t* starts = starts_.take(count);
  for_each_nearest(scale, [&](int i, int source) { starts[i] = source; });
  for (int i = scale.count - 1; i >= 0; --i) starts[i] -= starts[0];
}

void AxisFilter::prepare_weighted(const AxisScale& scale) {
  const Placement placement(scale);
  const PixelSpan support = scale.support();
  taps_ = 0;
  for (int i = 0; i < scale.count; ++i) {
    const PixelSpan span = placement.span(scale.first + i);
    taps_ = std::max(taps_, span.end - span.begin);
  }

  const auto taps = static_cast<std::size_t>(taps_);
  const auto count = static_cast<std::size_t>(scale.count);
  std::int32_t* starts = starts_.take(count);
  std::int32_t* weights = weights_.take(count * taps);
  double* exact = exact_.take(taps);
  std::fill_n(weights, count * taps, 0);
  for (int i = 0; i < scale.count; ++i) {
    const PixelSpan span = placement.span(scale.first + i);
    const int start = std::min(span.begin, support.end - taps_);  // at the far edge the zero weights come first
    placement.weights(scale.first + i, span, exact);
    std::transform(exact, exact + (span.end - span.begin), weights + (span.begin - start), fixed_point);
    starts[i] = start - support.begin;
    weights += taps;
  }
}

void AxisFilter::pair_weights(int count) {
  WeightPair* pair = weight_pairs_.take(static_cast<std::size_t>(count) * static_cast<std::size_t>(pairs()));
  for (int i = 0; i < count; ++i) {
    for (int tap = 0; tap < taps_; tap += 2)
      *pair++ = paired(weights(i)[tap], tap + 1 < taps_ ? weights(i)[tap + 1] : 0);
  }
}

void AxisFilter::settle() noexcept {
  const bool starts_lost = starts_.settle();
  const bool weights_lost = weights_.settle();
  const bool pairs_lost = weight_pairs_.settle();
  const bool exact_lost = exact_.settle();
  const bool lost = starts_lost || weights_lost || pairs_lost || exact_lost;
  if (lost) scale_ = {};
}

}  // namespace slabring
