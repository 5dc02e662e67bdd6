#pragma once

#include <optional>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <vector>

#include "augment/op_fields.hpp"
#include "augment/op_row.hpp"
#include "augment/parameter_checks.hpp"

namespace slabring {

/// One row for each transform: its name, its keys in a pipeline file, the members they stand for and what these may be.
/// Everything else that has to know the parameters (reading, writing, checking) is made from these rows.
///   name               as in files
///   blank()            one to read into
///   fields()           a tuple of fields, op_fields.hpp
///   cross_fault(op)    what is wrong with parameters together; may be left out
template <class Op>
struct Row;

/// What has no parameter but its probability.
template <class Op>
struct ProbabilityRow {
  static Op blank() { return Op(); }
  static auto fields() { return std::tuple(Field("p", &Op::p, checks::probability)); }
};

// ---- what is made from the rows ----

template <class Op>
constexpr bool in_files = !std::is_same_v<Op, Lambda>;

template <class Op>
std::optional<ParameterFault> fault_of(const Transform& transform) {
  const Op& op = std::get<Op>(transform);
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
  if constexpr (in_files<Op>) {
    Op op = Row<Op>::blank();
    std::apply([&](const auto&... fields) { (fields.read(object, op), ...); }, Row<Op>::fields());
    return op;
  } else {
    object.refuse("op", "has no place in a file");
  }
}

template <class Op>
void write_op(nlohmann::ordered_json& out, const Transform& transform) {
  const Op& op = std::get<Op>(transform);
  std::apply([&](const auto&... fields) { (fields.write(out, op), ...); }, Row<Op>::fields());
}

template <class Op>
std::vector<std::string_view> keys_of() {
  std::vector<std::string_view> keys{"op"};
  std::apply([&](const auto&... fields) { (keys.push_back(fields.key), ...); }, Row<Op>::fields());
  return keys;
}

template <class Op>
std::vector<OpParameter> parameters_of() {
  std::vector<OpParameter> parameters;
  if constexpr (in_files<Op>) {
    const Op blank = Row<Op>::blank();
    nlohmann::ordered_json written;
    const auto add = [&](const auto& field) {
      const bool required = field.presence == Presence::required;
      if (!required) field.write(written, blank);
      parameters.push_back(
          {field.key, type_of(field), required, written.contains(field.key) ? written[field.key] : nullptr});
    };
    std::apply([&](const auto&... fields) { (add(fields), ...); }, Row<Op>::fields());
  }
  return parameters;
}

template <class Op>
OpRow op_row() noexcept {
  return {Row<Op>::name, in_files<Op>, keys_of<Op>, read_op<Op>, write_op<Op>, fault_of<Op>, parameters_of<Op>};
}

}  // namespace slabring
