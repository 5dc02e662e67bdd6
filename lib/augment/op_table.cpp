// One row for each transform: its name, its keys in a pipeline file, the members they stand for and what these may be.
// Everything else that has to know the parameters (reading, writing, checking) is made from these rows.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <tuple>
#include <type_traits>
#include <utility>

#include "augment/op_fields.hpp"
#include "augment/op_json.hpp"
#include "augment/op_tree.hpp"
#include "augment/parameter_checks.hpp"
#include "augment/parameters.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;
using enum Presence;

template <class Op>
struct Row;

// ---- geometry ----

/// Resize's `size`: one number is the shorter side, two are both.
struct ResizeSizeField {
  std::string_view key = "size";

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

/// What has no parameter but its probability.
template <class Op>
struct ProbabilityRow {
  static Op blank() { return Op(); }
  static auto fields() { return std::tuple(Field("p", &Op::p, checks::probability)); }
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

/// RandomAffine's `shear`: one number reaches to both sides of none, along x; two or four are ranges.
struct ShearField {
  std::string_view key = "shear";

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

// ---- colour ----

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

/// GaussianBlur's `sigma`: one number is always that one.
std::array<double, 2> just(double value) { return {value, value}; }

template <>
struct Row<GaussianBlur> {
  static constexpr std::string_view name = "GaussianBlur";
  static GaussianBlur blank() { return GaussianBlur(1); }
  static auto fields() {
    return std::tuple(Field("kernel_size", &GaussianBlur::kernel_size, checks::kernel, required),
                      RangeField<GaussianBlur>{"sigma", &GaussianBlur::sigma, just, checks::positive_range});
  }
};

// ---- policies ----

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

// ---- control ----

/// RandomChoice's `p`, left out where all are alike.
struct SparseWeights {
  std::string_view key = "p";

  void read(const JsonObject& object, RandomChoice& op) const {
    if (object.find(key) != nullptr) op.p = object.numbers(key);
  }
  void write(ordered_json& out, const RandomChoice& op) const {
    if (!op.p.empty()) out[key] = op.p;
  }
  std::optional<ParameterFault> fault(const RandomChoice& op) const {
    std::string sentence = checks::weights(op.p);
    if (sentence.empty()) return {};
    return ParameterFault{key, std::move(sentence)};
  }
};

template <>
struct Row<RandomApply> {
  static constexpr std::string_view name = "RandomApply";
  static RandomApply blank() { return RandomApply(TransformList()); }
  static auto fields() {
    return std::tuple(Field("transforms", &RandomApply::transforms, checks::list, required),
                      Field("p", &RandomApply::p, checks::probability));
  }
};

template <>
struct Row<RandomChoice> {
  static constexpr std::string_view name = "RandomChoice";
  static RandomChoice blank() { return RandomChoice(TransformList()); }
  static auto fields() {
    return std::tuple(Field("transforms", &RandomChoice::transforms, checks::list, required), SparseWeights{});
  }
  static std::optional<ParameterFault> cross_fault(const RandomChoice& op) {
    if (op.p.empty() || op.p.size() == op.transforms.items().size()) return {};
    return ParameterFault{"p", fmt::format("has {} weights for {} transforms; must have as many", op.p.size(),
                                           op.transforms.items().size())};
  }
};

template <>
struct Row<RandomOrder> {
  static constexpr std::string_view name = "RandomOrder";
  static RandomOrder blank() { return RandomOrder(TransformList()); }
  static auto fields() { return std::tuple(Field("transforms", &RandomOrder::transforms, checks::list, required)); }
};

// ---- the rest ----

/// RandomErasing's `value`: a number, one for each channel, or "random".
struct ErasingValueField {
  std::string_view key = "value";

  void read(const JsonObject& object, RandomErasing& op) const {
    const json* value = object.find(key);
    if (value == nullptr) return;
    if (value->is_string()) {
      if (object.word(key) != "random") object.refuse_word(key, std::array<std::string_view, 1>{"random"});
      op.value.clear();
    } else if (value->is_number()) {
      op.value = {object.number(key)};
    } else {
      op.value = object.numbers(key);
      if (op.value.empty()) object.refuse(key, "[] is empty; must be a number, one for each channel, or \"random\"");
    }
  }
  void write(ordered_json& out, const RandomErasing& op) const {
    out[key] = op.value.empty() ? ordered_json("random") : ordered_json(op.value);
  }
  std::optional<ParameterFault> fault(const RandomErasing& op) const {
    std::string sentence = checks::erasing_value(op.value);
    if (sentence.empty()) return {};
    return ParameterFault{key, std::move(sentence)};
  }
};

template <>
struct Row<RandomErasing> {
  static constexpr std::string_view name = "RandomErasing";
  static RandomErasing blank() { return RandomErasing(); }
  static auto fields() {
    return std::tuple(Field("p", &RandomErasing::p, checks::probability),
                      Field("scale", &RandomErasing::scale, checks::share_range),
                      Field("ratio", &RandomErasing::ratio, checks::positive_range), ErasingValueField{});
  }
};

template <>
struct Row<Normalize> {
  static constexpr std::string_view name = "Normalize";
  static Normalize blank() { return {{}, {}}; }
  static auto fields() {
    return std::tuple(Field("mean", &Normalize::mean, checks::means, required),
                      Field("std", &Normalize::std, checks::deviations, required));
  }
  static std::optional<ParameterFault> cross_fault(const Normalize& op) {
    if (op.std.size() == op.mean.size()) return {};
    return ParameterFault{"std",
                          fmt::format("has {} values, mean has {}; must have as many", op.std.size(), op.mean.size())};
  }
};

template <>
struct Row<Lambda> {  // has no place in a file
  static constexpr std::string_view name = "Lambda";
  static std::tuple<> fields() { return {}; }
  static std::optional<ParameterFault> cross_fault(const Lambda& op) {
    if (op.apply) return {};
    return ParameterFault{"apply", "is an empty function; must be callable"};
  }
};

// ---- what is made from the rows ----

template <class Op>
constexpr bool in_files = !std::is_same_v<Op, Lambda>;

template <class Op>
std::optional<ParameterFault> fault_of(const Op& op) {
  std::optional<ParameterFault> fault;
  const auto look = [&](const auto& field) {
    if (!fault) fault = field.fault(op);
  };
  std::apply([&](const auto&... fields) { (look(fields), ...); }, Row<Op>::fields());
  if constexpr (requires { Row<Op>::cross_fault(op); }) {
    if (!fault) fault = Row<Op>::cross_fault(op);
  }
  return fault;
}

template <class Op>
Transform read_op(const JsonObject& object) {
  Op op = Row<Op>::blank();
  std::apply([&](const auto&... fields) { (fields.read(object, op), ...); }, Row<Op>::fields());
  return op;
}

template <class Op>
std::vector<std::string_view> keys_of() {
  std::vector<std::string_view> keys{"op"};
  std::apply([&](const auto&... fields) { (keys.push_back(fields.key), ...); }, Row<Op>::fields());
  return keys;
}

struct ReadableOp {
  std::string_view name;
  std::vector<std::string_view> keys;
  Transform (*read)(const JsonObject& object);
};

template <class Op>
void add_readable(std::vector<ReadableOp>& ops) {
  if constexpr (in_files<Op>) ops.push_back({Row<Op>::name, keys_of<Op>(), read_op<Op>});
}

template <class... Ops>
std::vector<ReadableOp> readable(std::type_identity<std::variant<Ops...>>) {
  std::vector<ReadableOp> ops;
  (add_readable<Ops>(ops), ...);
  return ops;
}

// Every op that a file may name, in the order of Transform's alternatives.
const std::vector<ReadableOp>& readable_ops() {
  static const std::vector<ReadableOp> ops = readable(std::type_identity<Transform::variant>());
  return ops;
}

// The op that an object's "op" names; its other keys are not looked at yet.
const ReadableOp& op_of(const json& value, const std::string& where) {
  std::vector<std::string_view> present;  // so that this object refuses no key
  if (value.is_object()) {
    for (const auto& item : value.items()) present.emplace_back(item.key());
  }
  const JsonObject object(value, where, present);
  const std::string_view name = object.word("op");
  std::vector<std::string_view> names;
  for (const ReadableOp& op : readable_ops()) {
    if (op.name == name) return op;
    names.push_back(op.name);
  }
  object.refuse_word("op", names);
}

}  // namespace

std::string_view op_name(const Transform& transform) noexcept {
  return std::visit([]<class Op>(const Op&) { return Row<Op>::name; }, transform);
}

std::optional<ParameterFault> find_fault(const Transform& transform) {
  return std::visit([](const auto& op) { return fault_of(op); }, transform);
}

Transform read_transform(const json& value, const std::string& where) {
  const ReadableOp& op = op_of(value, where);
  const JsonObject object(value, where, op.keys);
  Transform transform = op.read(object);
  if (const auto fault = find_fault(transform)) object.refuse(fault->parameter, fault->sentence);
  return transform;
}

ordered_json transform_json(const Transform& transform, const std::string& position) {
  const auto refuse = [&](const std::string& sentence) {
    throw Error(ErrorCode::pipeline, fmt::format("transform {}, {}: {}", position, op_name(transform), sentence));
  };
  if (std::holds_alternative<Lambda>(transform)) {
    refuse("a function of this program cannot be written into a pipeline file");
  }
  if (const auto fault = find_fault(transform)) refuse(fmt::format("{} {}", fault->parameter, fault->sentence));
  ordered_json out{{"op", op_name(transform)}};
  const auto write = [&out]<class Op>(const Op& op) {
    std::apply([&](const auto&... fields) { (fields.write(out, op), ...); }, Row<Op>::fields());
  };
  std::visit(write, transform);
  if (const auto* list = list_in(transform)) {
    if (std::count(position.begin(), position.end(), '.') >= max_nesting) {
      refuse(fmt::format("its list stands in {} others; a pipeline file has at most {} in one another", max_nesting,
                         max_nesting));
    }
    for (std::size_t i = 0; i < list->size(); ++i) {
      out["transforms"].push_back(transform_json((*list)[i], fmt::format("{}.{}", position, i)));
    }
  }
  return out;
}

}  // namespace slabring
