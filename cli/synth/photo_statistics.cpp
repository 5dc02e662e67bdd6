#include "synth/photo_statistics.hpp"

#include <algorithm>
#include <cmath>
#include <span>

namespace slabring::cli {
namespace {

struct Quantile {
  double share;  ///< of the photos lie below
  double value;
};

// Piecewise linear quantile functions instead of formulas: additions and divisions give the same bits everywhere,
// log() and exp() need not.

/// The longer side of those photos that are not 500 pixels long; about log-normal.
constexpr Quantile longer_side[] = {{0, 110},    {0.1, 190}, {0.3, 310},   {0.5, 440}, {0.62, 560},
                                    {0.75, 690}, {0.9, 920}, {0.96, 1100}, {1, 1500}};
/// Longer to shorter side of those photos that are neither 4:3 nor 3:2.
constexpr Quantile odd_ratio[] = {{0, 1}, {0.1, 1.01}, {0.5, 1.25}, {0.8, 1.45}, {0.95, 1.8}, {1, 2.2}};
constexpr Quantile detail[] = {{0, 0.2}, {0.1, 0.48}, {0.25, 0.74}, {0.5, 1}, {0.75, 1.3}, {0.9, 1.65}, {1, 2.2}};
/// libjpeg's quality of photos that were saved small.
constexpr Quantile coarse_quality[] = {{0, 68}, {0.2, 75}, {0.5, 82}, {0.8, 89}, {1, 95}};

double value_at(std::span<const Quantile> quantiles, double share) {
  const auto above = std::find_if(quantiles.begin() + 1, quantiles.end() - 1,
                                  [share](const Quantile& quantile) { return quantile.share > share; });
  const Quantile& low = *(above - 1);
  return low.value + (above->value - low.value) * (share - low.share) / (above->share - low.share);
}

double draw(std::span<const Quantile> quantiles, RandomStream& random) { return value_at(quantiles, random.uniform()); }

void draw_size(PhotoForm& form, RandomStream& random) {
  const double length = random.uniform() < 0.74 ? 500 : std::floor(draw(longer_side, random));
  const double kind = random.uniform();
  const double ratio = kind < 0.5 ? 4.0 / 3.0 : kind < 0.8 ? 3.0 / 2.0 : draw(odd_ratio, random);
  const int longer = static_cast<int>(length);
  const int shorter = static_cast<int>(length / ratio + 0.5);
  const bool is_portrait = random.uniform() < 0.23;
  form.width = is_portrait ? shorter : longer;
  form.height = is_portrait ? longer : shorter;
}

void draw_encoding(PhotoForm& form, RandomStream& random) {
  const double kind = random.uniform();
  form.subsampling = kind < 0.76   ? Subsampling::s444
                     : kind < 0.96 ? Subsampling::s420
                     : kind < 0.98 ? Subsampling::s422
                                   : Subsampling::grey;
  const bool is_full = form.subsampling == Subsampling::s444 || form.subsampling == Subsampling::grey;
  form.quality = is_full && random.uniform() < 0.9 ? 96 : static_cast<int>(draw(coarse_quality, random));
}

}  // namespace

PhotoForm draw_photo_form(RandomStream& random) {
  PhotoForm form;
  draw_size(form, random);
  draw_encoding(form, random);
  form.detail = draw(detail, random);
  return form;
}

}  // namespace slabring::cli
