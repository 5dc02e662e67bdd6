#include <fmt/format.h>

#include <optional>
#include <string>
#include <tuple>
#include <utility>

#include "augment/make_op_row.hpp"

namespace slabring {

using nlohmann::json;
using nlohmann::ordered_json;
using enum Presence;

namespace {

/// Resize's `size`: one number is the shorter side, two are both.
struct ResizeSizeField {
  std::string_view key = "size";
  std::string_view type = "size";
  static constexpr Presence presence = required;

  void read(const JsonObject& object, Resize& op) const {
    if (object.at(key).is_number_integer()) {
      op.shorter_side = object.integer(key);
    } else {
      op.exact = object.size(key);
    }
  }
  void write(ordered_json& out, const Resize& op) const {
    out[key] = op.exact ? json_of(*op.exact) : ordered_json(op.shorter_side);
  }
  std::optional<ParameterFault> fault(const Resize& op) const {
    std::string sentence = op.exact ? checks::size(*op.exact) : checks::side(op.shorter_side);
    if (sentence.empty()) return {};
    return ParameterFault{key, std::move(sentence)};
  }
};

}  // namespace

template <>
struct Row<Resize> {
  static constexpr std::string_view name = "Resize";
  static Resize blank() { return Resize(0); }
  static auto fields() {
    return std::tuple(ResizeSizeField{}, SparseField<Resize>{"max_size", &Resize::max_size},
                      Field("interpolation", &Resize::interpolation, checks::interpolation));
  }
  static std::optional<ParameterFault> cross_fault(const Resize& op) {
    if (op.max_size == 0) return {};
    if (op.exact) {
      return ParameterFault{"max_size", fmt::format("{} has no meaning where size gives both sides; leave it out, or "
                                                    "give size as one number",
                                                    op.max_size)};
    }
    if (op.max_size > op.shorter_side && checks::side(op.max_size).empty()) return {};
    return ParameterFault{"max_size", fmt::format("{} does not fit size {}, the shorter side; must be more, at most {}",
                                                  op.max_size, op.shorter_side, max_size_parameter)};
  }
};

template <>
struct Row<CenterCrop> {
  static constexpr std::string_view name = "CenterCrop";
  static CenterCrop blank() { return CenterCrop(0); }
  static auto fields() { return std::tuple(Field("size", &CenterCrop::size, checks::size, required)); }
};

template <>
struct Row<RandomResizedCrop> {
  static constexpr std::string_view name = "RandomResizedCrop";
  static RandomResizedCrop blank() { return RandomResizedCrop(0); }
  static auto fields() {
    return std::tuple(Field("size", &RandomResizedCrop::size, checks::size, required),
                      Field("scale", &RandomResizedCrop::scale, checks::positive_range),
                      Field("ratio", &RandomResizedCrop::ratio, checks::positive_range),
                      Field("interpolation", &RandomResizedCrop::interpolation, checks::interpolation));
  }
};

template <>
struct Row<RandomHorizontalFlip> : ProbabilityRow<RandomHorizontalFlip> {
  static constexpr std::string_view name = "RandomHorizontalFlip";
};
template <>
struct Row<RandomVerticalFlip> : ProbabilityRow<RandomVerticalFlip> {
  static constexpr std::string_view name = "RandomVerticalFlip";
};

template <>
struct Row<Pad> {
  static constexpr std::string_view name = "Pad";
  static Pad blank() { return Pad(0); }
  static auto fields() {
    return std::tuple(Field("padding", &Pad::padding, checks::padding, required),
                      Field("fill", &Pad::fill, checks::fill),
                      Field("padding_mode", &Pad::padding_mode, checks::padding_mode));
  }
};

template <>
struct Row<RandomCrop> {
  static constexpr std::string_view name = "RandomCrop";
  static RandomCrop blank() { return RandomCrop(0); }
  static auto fields() {
    return std::tuple(Field("size", &RandomCrop::size, checks::size, required),
                      Field("padding", &RandomCrop::padding, checks::padding),
                      Field("pad_if_needed", &RandomCrop::pad_if_needed, checks::anything),
                      Field("fill", &RandomCrop::fill, checks::fill),
                      Field("padding_mode", &RandomCrop::padding_mode, checks::padding_mode));
  }
};

template <>
struct Row<RandomShortestSize> {
  static constexpr std::string_view name = "RandomShortestSize";
  static RandomShortestSize blank() { return RandomShortestSize({}); }
  static auto fields() {
    return std::tuple(Field("min_size", &RandomShortestSize::min_size, checks::sides, required),
                      SparseField<RandomShortestSize>{"max_size", &RandomShortestSize::max_size},
                      Field("interpolation", &RandomShortestSize::interpolation, checks::interpolation));
  }
  static std::optional<ParameterFault> cross_fault(const RandomShortestSize& op) {
    if (op.max_size == 0) return {};
    if (std::string sentence = checks::side(op.max_size); !sentence.empty()) {
      return ParameterFault{"max_size", std::move(sentence)};
    }
    return {};
  }
};

template <>
struct Row<RandomRotation> {
  static constexpr std::string_view name = "RandomRotation";
  static RandomRotation blank() { return RandomRotation(0.0); }
  static auto fields() {
    return std::tuple(
        RangeField<RandomRotation>{"degrees", &RandomRotation::degrees, around_zero, checks::range, required},
        Field("interpolation", &RandomRotation::interpolation, checks::warp_interpolation),
        Field("expand", &RandomRotation::expand, checks::anything),
        Field("center", &RandomRotation::center, checks::point), Field("fill", &RandomRotation::fill, checks::fill));
  }
};

namespace {

/// RandomAffine's `shear`: one number reaches to both sides of none, along x; two or four are ranges.
struct ShearField {
  std::string_view key = "shear";
  std::string_view type = "range";
  static constexpr Presence presence = optional;

  void read(const JsonObject& object, RandomAffine& op) const {
    const json* value = object.find(key);
    if (value == nullptr) return;
    if (!value->is_number()) {
      op.shear = object.numbers(key);
      return;
    }
    const double by = object.number(key);
    op.shear = {0.0 - by, by};
  }
  void write(ordered_json& out, const RandomAffine& op) const {
    if (!op.shear.empty()) out[key] = op.shear;
  }
  std::optional<ParameterFault> fault(const RandomAffine& op) const {
    std::string sentence = checks::shear(op.shear);
    if (sentence.empty()) return {};
    return ParameterFault{key, std::move(sentence)};
  }
};

}  // namespace

template <>
struct Row<RandomAffine> {
  static constexpr std::string_view name = "RandomAffine";
  static RandomAffine blank() { return RandomAffine(0.0); }
  static auto fields() {
    return std::tuple(RangeField<RandomAffine>{"degrees", &RandomAffine::degrees, around_zero, checks::range, required},
                      Field("translate", &RandomAffine::translate, checks::shares),
                      Field("scale", &RandomAffine::scale, checks::scales), ShearField{},
                      Field("interpolation", &RandomAffine::interpolation, checks::warp_interpolation),
                      Field("fill", &RandomAffine::fill, checks::fill),
                      Field("center", &RandomAffine::center, checks::point));
  }
};

template <>
struct Row<RandomPerspective> {
  static constexpr std::string_view name = "RandomPerspective";
  static RandomPerspective blank() { return RandomPerspective(); }
  static auto fields() {
    return std::tuple(Field("distortion_scale", &RandomPerspective::distortion_scale, checks::share),
                      Field("p", &RandomPerspective::p, checks::probability),
                      Field("interpolation", &RandomPerspective::interpolation, checks::warp_interpolation),
                      Field("fill", &RandomPerspective::fill, checks::fill));
  }
};

template OpRow op_row<Resize>() noexcept;
template OpRow op_row<CenterCrop>() noexcept;
template OpRow op_row<RandomResizedCrop>() noexcept;
template OpRow op_row<RandomHorizontalFlip>() noexcept;
template OpRow op_row<RandomVerticalFlip>() noexcept;
template OpRow op_row<Pad>() noexcept;
template OpRow op_row<RandomCrop>() noexcept;
template OpRow op_row<RandomShortestSize>() noexcept;
template OpRow op_row<RandomRotation>() noexcept;
template OpRow op_row<RandomAffine>() noexcept;
template OpRow op_row<RandomPerspective>() noexcept;

}  // namespace slabring
