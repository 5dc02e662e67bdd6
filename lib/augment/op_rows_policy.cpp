#include <fmt/format.h>

#include <optional>
#include <tuple>

#include "augment/make_op_row.hpp"

namespace slabring {

using enum Presence;

template <>
struct Row<AutoAugment> {
  static constexpr std::string_view name = "AutoAugment";
  static AutoAugment blank() { return AutoAugment(); }
  static auto fields() {
    return std::tuple(Field("policy", &AutoAugment::policy, checks::policy),
                      Field("interpolation", &AutoAugment::interpolation, checks::warp_interpolation),
                      Field("fill", &AutoAugment::fill, checks::fill));
  }
};

template <>
struct Row<RandAugment> {
  static constexpr std::string_view name = "RandAugment";
  static RandAugment blank() { return RandAugment(); }
  static auto fields() {
    return std::tuple(Field("num_ops", &RandAugment::num_ops, checks::small_count),
                      Field("magnitude", &RandAugment::magnitude, checks::any_number),
                      Field("num_magnitude_bins", &RandAugment::num_magnitude_bins, checks::bins),
                      Field("interpolation", &RandAugment::interpolation, checks::warp_interpolation),
                      Field("fill", &RandAugment::fill, checks::fill));
  }
  static std::optional<ParameterFault> cross_fault(const RandAugment& op) {
    if (op.magnitude >= 0 && op.magnitude < op.num_magnitude_bins) return {};
    return ParameterFault{"magnitude", fmt::format("{} is none of the {} bins; must be 0 to {}", op.magnitude,
                                                   op.num_magnitude_bins, op.num_magnitude_bins - 1)};
  }
};

template <>
struct Row<TrivialAugmentWide> {
  static constexpr std::string_view name = "TrivialAugmentWide";
  static TrivialAugmentWide blank() { return TrivialAugmentWide(); }
  static auto fields() {
    return std::tuple(Field("num_magnitude_bins", &TrivialAugmentWide::num_magnitude_bins, checks::bins),
                      Field("interpolation", &TrivialAugmentWide::interpolation, checks::warp_interpolation),
                      Field("fill", &TrivialAugmentWide::fill, checks::fill));
  }
};

template <>
struct Row<AugMix> {
  static constexpr std::string_view name = "AugMix";
  static AugMix blank() { return AugMix(); }
  static auto fields() {
    return std::tuple(Field("severity", &AugMix::severity, checks::severity),
                      Field("mixture_width", &AugMix::mixture_width, checks::small_count),
                      Field("chain_depth", &AugMix::chain_depth, checks::depth),
                      Field("alpha", &AugMix::alpha, checks::concentration),
                      Field("all_ops", &AugMix::all_ops, checks::anything),
                      Field("interpolation", &AugMix::interpolation, checks::warp_interpolation),
                      Field("fill", &AugMix::fill, checks::fill));
  }
};

template OpRow op_row<AutoAugment>() noexcept;
template OpRow op_row<RandAugment>() noexcept;
template OpRow op_row<TrivialAugmentWide>() noexcept;
template OpRow op_row<AugMix>() noexcept;

}  // namespace slabring
