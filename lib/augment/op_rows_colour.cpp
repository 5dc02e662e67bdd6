#include <array>
#include <tuple>

#include "augment/make_op_row.hpp"

namespace slabring {

using enum Presence;

template <>
struct Row<ColorJitter> {
  static constexpr std::string_view name = "ColorJitter";
  static ColorJitter blank() { return ColorJitter(); }
  static auto fields() {
    using Range = RangeField<ColorJitter>;
    return std::tuple(Range{"brightness", &ColorJitter::brightness, ColorJitter::around_one, checks::factor_range},
                      Range{"contrast", &ColorJitter::contrast, ColorJitter::around_one, checks::factor_range},
                      Range{"saturation", &ColorJitter::saturation, ColorJitter::around_one, checks::factor_range},
                      Range{"hue", &ColorJitter::hue, around_zero, checks::hue_range});
  }
};

template <>
struct Row<Grayscale> {
  static constexpr std::string_view name = "Grayscale";
  static Grayscale blank() { return Grayscale(); }
  static auto fields() {
    return std::tuple(Field("num_output_channels", &Grayscale::num_output_channels, checks::channels));
  }
};

template <>
struct Row<RandomGrayscale> : ProbabilityRow<RandomGrayscale> {
  static constexpr std::string_view name = "RandomGrayscale";
};

template <>
struct Row<RandomAdjustSharpness> {
  static constexpr std::string_view name = "RandomAdjustSharpness";
  static RandomAdjustSharpness blank() { return RandomAdjustSharpness(1.0); }
  static auto fields() {
    return std::tuple(Field("sharpness_factor", &RandomAdjustSharpness::sharpness_factor, checks::sharpness, required),
                      Field("p", &RandomAdjustSharpness::p, checks::probability));
  }
};

template <>
struct Row<RandomAutocontrast> : ProbabilityRow<RandomAutocontrast> {
  static constexpr std::string_view name = "RandomAutocontrast";
};
template <>
struct Row<RandomEqualize> : ProbabilityRow<RandomEqualize> {
  static constexpr std::string_view name = "RandomEqualize";
};

template <>
struct Row<RandomPosterize> {
  static constexpr std::string_view name = "RandomPosterize";
  static RandomPosterize blank() { return RandomPosterize(8); }
  static auto fields() {
    return std::tuple(Field("bits", &RandomPosterize::bits, checks::bits, required),
                      Field("p", &RandomPosterize::p, checks::probability));
  }
};

template <>
struct Row<RandomSolarize> {
  static constexpr std::string_view name = "RandomSolarize";
  static RandomSolarize blank() { return RandomSolarize(0.0); }
  static auto fields() {
    return std::tuple(Field("threshold", &RandomSolarize::threshold, checks::finite, required),
                      Field("p", &RandomSolarize::p, checks::probability));
  }
};

template <>
struct Row<RandomInvert> : ProbabilityRow<RandomInvert> {
  static constexpr std::string_view name = "RandomInvert";
};

namespace {

// GaussianBlur's `sigma`: one number is always that one.
std::array<double, 2> just(double value) { return {value, value}; }

}  // namespace

template <>
struct Row<GaussianBlur> {
  static constexpr std::string_view name = "GaussianBlur";
  static GaussianBlur blank() { return GaussianBlur(1); }
  static auto fields() {
    return std::tuple(Field("kernel_size", &GaussianBlur::kernel_size, checks::kernel, required),
                      RangeField<GaussianBlur>{"sigma", &GaussianBlur::sigma, just, checks::positive_range});
  }
};

template <>
struct Row<JPEG> {
  static constexpr std::string_view name = "JPEG";
  static JPEG blank() { return JPEG(0); }
  static auto fields() { return std::tuple(Field("quality", &JPEG::quality, checks::quality, required)); }
};

template OpRow op_row<ColorJitter>() noexcept;
template OpRow op_row<Grayscale>() noexcept;
template OpRow op_row<RandomGrayscale>() noexcept;
template OpRow op_row<RandomAdjustSharpness>() noexcept;
template OpRow op_row<RandomAutocontrast>() noexcept;
template OpRow op_row<RandomEqualize>() noexcept;
template OpRow op_row<RandomPosterize>() noexcept;
template OpRow op_row<RandomSolarize>() noexcept;
template OpRow op_row<RandomInvert>() noexcept;
template OpRow op_row<GaussianBlur>() noexcept;
template OpRow op_row<JPEG>() noexcept;

}  // namespace slabring
