#pragma once

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "augment/json_reader.hpp"
#include "augment/op_json.hpp"
#include "augment/parameters.hpp"
#include "slabring/transform.hpp"

namespace slabring {

// How a parameter stands in a pipeline file. Each kind of field has a key, whether it is required (presence), and
//   read(object, op)   takes the value, if it is there,
//   write(out, op)     puts it down, unless leaving it out says the same,
//   fault(op)          gives what is wrong with it, if anything.

// ---- values, by their type ----

inline void read_value(const JsonObject& object, std::string_view key, int& into) { into = object.integer(key); }
inline void read_value(const JsonObject& object, std::string_view key, double& into) { into = object.number(key); }
inline void read_value(const JsonObject& object, std::string_view key, std::vector<double>& into) {
  into = object.numbers(key);
}
inline void read_value(const JsonObject& object, std::string_view key, std::array<double, 2>& into) {
  into = object.pair(key);
}
inline void read_value(const JsonObject& object, std::string_view key, Interpolation& into) {
  into = object.choice<Interpolation>(key);
}
inline void read_value(const JsonObject& object, std::string_view key, std::string& into) { into = object.word(key); }
inline void read_value(const JsonObject& object, std::string_view key, Size& into) { into = object.size(key); }

inline void read_value(const JsonObject& object, std::string_view key, bool& into) { into = object.boolean(key); }
inline void read_value(const JsonObject& object, std::string_view key, PaddingMode& into) {
  into = object.choice<PaddingMode>(key);
}
inline void read_value(const JsonObject& object, std::string_view key, std::vector<int>& into) {
  into = object.integers(key);
}
inline void read_value(const JsonObject& object, std::string_view key, Fill& into) {
  into.values = object.integers(key);
}
inline void read_value(const JsonObject& object, std::string_view key, Padding& into) {
  const std::vector<int> sides = object.integers(key);
  switch (sides.size()) {
    case 1: into = Padding(sides[0]); break;
    case 2: into = Padding(sides[0], sides[1]); break;
    case 4: into = Padding(sides[0], sides[1], sides[2], sides[3]); break;
    default:
      object.refuse(key, fmt::format("{} is no padding; must be a whole number, [left and right, top and bottom], or "
                                     "[left, top, right, bottom]",
                                     shown(object.at(key))));
  }
}
template <class Value>
void read_value(const JsonObject& object, std::string_view key, std::optional<Value>& into) {
  read_value(object, key, into.emplace());
}

/// One whole number for both, or a list of two.
inline void read_value(const JsonObject& object, std::string_view key, std::array<int, 2>& into) {
  const std::vector<int> sides = object.integers(key);
  if (sides.size() > 2 || sides.empty()) {
    object.refuse(key, fmt::format("{} is no pair; must be a whole number or a list of two", shown(object.at(key))));
  }
  into = {sides.front(), sides.back()};
}
inline void read_value(const JsonObject& object, std::string_view key, AutoAugmentPolicy& into) {
  into = object.choice<AutoAugmentPolicy>(key);
}
inline void read_value(const JsonObject& object, std::string_view key, TransformList& into) {
  std::vector<Transform> transforms;
  for (const nlohmann::json& item : object.list(key)) {
    transforms.push_back(read_transform(item, fmt::format("{}[{}]", object.place_of(key), transforms.size())));
  }
  into = TransformList(std::move(transforms));
}

template <class Value>
nlohmann::ordered_json json_of(const Value& value) {
  return value;
}
inline nlohmann::ordered_json json_of(Size value) { return {value.height, value.width}; }
inline nlohmann::ordered_json json_of(const Padding& value) {
  return {value.left, value.top, value.right, value.bottom};
}
inline nlohmann::ordered_json json_of(const Fill& value) {
  return value.values.size() == 1 ? nlohmann::ordered_json(value.values[0]) : nlohmann::ordered_json(value.values);
}
inline nlohmann::ordered_json json_of(AutoAugmentPolicy value) { return to_string(value); }
inline nlohmann::ordered_json json_of(const TransformList&) {
  return nlohmann::ordered_json::array();  // transform_json() goes down
}
inline nlohmann::ordered_json json_of(PaddingMode value) { return to_string(value); }
inline nlohmann::ordered_json json_of(Interpolation value) { return to_string(value); }

// ---- kinds of fields ----

enum class Presence : std::uint8_t { required, optional };

/// A member that stands in the file as it is.
template <class Op, class Value>
struct Field {
  std::string_view key;
  Value Op::*member;
  std::string (*check)(const Value&);
  Presence presence;

  /// Written out because clang 14 deduces no arguments of aggregates.
  Field(std::string_view name, Value Op::*of, std::string (*fault_in)(const Value&),
        Presence whether = Presence::optional)
      : key(name), member(of), check(fault_in), presence(whether) {}

  void read(const JsonObject& object, Op& op) const {
    if (presence == Presence::required || object.find(key) != nullptr) read_value(object, key, op.*member);
  }
  void write(nlohmann::ordered_json& out, const Op& op) const { write_value(out, op.*member); }
  std::optional<ParameterFault> fault(const Op& op) const {
    if (std::string sentence = check(op.*member); !sentence.empty()) return ParameterFault{key, std::move(sentence)};
    return {};
  }

 private:
  template <class Any>
  void write_value(nlohmann::ordered_json& out, const Any& value) const {
    out[key] = json_of(value);
  }
  template <class Any>
  void write_value(nlohmann::ordered_json& out, const std::optional<Any>& value) const {
    if (value) out[key] = json_of(*value);
  }
};

/// A range that may be given as one number, how far it reaches to both sides of a center: torchvision's jitters and
/// degrees. It is written as a pair.
template <class Op>
struct RangeField {
  std::string_view key;
  std::array<double, 2> Op::*member;
  std::array<double, 2> (*around)(double by);
  std::string (*check)(const std::array<double, 2>&);
  Presence presence = Presence::optional;

  void read(const JsonObject& object, Op& op) const {
    if (presence == Presence::optional && object.find(key) == nullptr) return;
    if (!object.at(key).is_number()) {
      op.*member = object.pair(key);
      return;
    }
    const double by = object.number(key);
    if (!(by >= 0.0)) object.refuse(key, fmt::format("{} is negative; must be 0 or more, or [low, high]", by));
    op.*member = around(by);
  }
  void write(nlohmann::ordered_json& out, const Op& op) const { out[key] = op.*member; }
  std::optional<ParameterFault> fault(const Op& op) const {
    if (std::string sentence = check(op.*member); !sentence.empty()) return ParameterFault{key, std::move(sentence)};
    return {};
  }
};

/// What a parameter may be, in a word of describe_transforms(); "any" where no word fits.
template <class Value>
constexpr std::string_view word_of_type = "any";
template <>
inline constexpr std::string_view word_of_type<int> = "integer";
template <>
inline constexpr std::string_view word_of_type<double> = "number";
template <>
inline constexpr std::string_view word_of_type<bool> = "boolean";
template <>
inline constexpr std::string_view word_of_type<std::vector<int>> = "integers";
template <>
inline constexpr std::string_view word_of_type<std::array<int, 2>> = "integers";
template <>
inline constexpr std::string_view word_of_type<Padding> = "integers";
template <>
inline constexpr std::string_view word_of_type<Fill> = "integers";
template <>
inline constexpr std::string_view word_of_type<std::vector<double>> = "numbers";
template <>
inline constexpr std::string_view word_of_type<std::array<double, 2>> = "numbers";
template <>
inline constexpr std::string_view word_of_type<Size> = "size";
template <>
inline constexpr std::string_view word_of_type<Interpolation> = "interpolation";
template <>
inline constexpr std::string_view word_of_type<PaddingMode> = "word";
template <>
inline constexpr std::string_view word_of_type<AutoAugmentPolicy> = "word";
template <>
inline constexpr std::string_view word_of_type<std::string> = "text";
template <>
inline constexpr std::string_view word_of_type<TransformList> = "transforms";
template <class Value>
inline constexpr std::string_view word_of_type<std::optional<Value>> = word_of_type<Value>;

template <class Op, class Value>
constexpr std::string_view word_of_member(Value Op::*) {
  return word_of_type<Value>;
}

template <class Any>
std::string_view type_of(const Any& field) {
  if constexpr (requires { field.around; }) {
    return "range";
  } else if constexpr (requires { field.type; }) {
    return field.type;
  } else if constexpr (requires { field.member; }) {
    return word_of_member(field.member);
  } else {
    return "any";
  }
}

inline std::array<double, 2> around_zero(double by) { return {0.0 - by, by}; }

/// A whole number that is left out where it is 0, which stands for none.
template <class Op>
struct SparseField {
  std::string_view key;
  int Op::*member;
  static constexpr Presence presence = Presence::optional;

  void read(const JsonObject& object, Op& op) const {
    if (object.find(key) != nullptr) op.*member = object.integer(key);
  }
  void write(nlohmann::ordered_json& out, const Op& op) const {
    if (op.*member != 0) out[key] = op.*member;
  }
  static std::optional<ParameterFault> fault(const Op&) { return {}; }  // what it may be depends on others
};

}  // namespace slabring
