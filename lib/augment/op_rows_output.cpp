#include <fmt/format.h>

#include <array>
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

/// RandomErasing's `value`: a number, one for each channel, or "random".
struct ErasingValueField {
  std::string_view key = "value";
  static constexpr Presence presence = optional;

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

}  // namespace

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
struct Row<Standardize> {
  static constexpr std::string_view name = "Standardize";
  static Standardize blank() { return Standardize(); }
  static auto fields() { return std::tuple(Field("epsilon", &Standardize::epsilon, checks::epsilon)); }
};

/// What the two transforms of batches have.
template <class Op>
struct MixRow {
  static Op blank() { return Op(0); }
  static auto fields() {
    return std::tuple(Field("num_classes", &Op::num_classes, checks::classes, required),
                      Field("alpha", &Op::alpha, checks::concentration));
  }
};

template <>
struct Row<MixUp> : MixRow<MixUp> {
  static constexpr std::string_view name = "MixUp";
};
template <>
struct Row<CutMix> : MixRow<CutMix> {
  static constexpr std::string_view name = "CutMix";
};

template OpRow op_row<MixUp>() noexcept;
template OpRow op_row<CutMix>() noexcept;
template OpRow op_row<RandomErasing>() noexcept;
template OpRow op_row<Normalize>() noexcept;
template OpRow op_row<Standardize>() noexcept;

}  // namespace slabring
