// What is known of every transform, in the order of Transform's alternatives, and what needs no more than that: names,
// checks, a file's form.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "augment/op_json.hpp"
#include "augment/op_row.hpp"
#include "augment/op_tree.hpp"
#include "augment/parameters.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

template <class... Ops>
std::array<OpRow, sizeof...(Ops)> rows_of(std::type_identity<std::variant<Ops...>>) noexcept {
  return {op_row<Ops>()...};
}

const auto& op_rows() noexcept {
  static const std::array rows = rows_of(std::type_identity<Transform::variant>());
  return rows;
}

const OpRow& row_of(const Transform& transform) noexcept { return op_rows()[transform.index()]; }

// The op that an object's "op" names; its other keys are not looked at yet.
const OpRow& op_of(const json& value, const std::string& where) {
  std::vector<std::string_view> present;  // so that this object refuses no key
  if (value.is_object()) {
    for (const auto& item : value.items()) present.emplace_back(item.key());
  }
  const JsonObject object(value, where, present);
  const std::string_view name = object.word("op");
  std::vector<std::string_view> names;
  for (const OpRow& op : op_rows()) {
    if (!op.in_files) continue;
    if (op.name == name) return op;
    names.push_back(op.name);
  }
  object.refuse_word("op", names);
}

}  // namespace

std::vector<OpListing> list_ops() {
  std::vector<OpListing> listing;
  for (const OpRow& op : op_rows()) {
    if (op.in_files) listing.push_back({op.name, op.parameters()});
  }
  return listing;
}

std::string describe_transforms() {
  ordered_json ops = ordered_json::array();
  for (const OpListing& op : list_ops()) {
    ordered_json parameters = ordered_json::array();
    for (const OpParameter& parameter : op.parameters) {
      ordered_json described{{"name", parameter.name}, {"type", parameter.type}};
      if (!parameter.required) described["default"] = parameter.fallback;
      parameters.push_back(std::move(described));
    }
    ops.push_back({{"op", op.name}, {"parameters", std::move(parameters)}});
  }
  return ops.dump();
}

std::string_view op_name(const Transform& transform) noexcept { return row_of(transform).name; }

std::optional<ParameterFault> find_fault(const Transform& transform) { return row_of(transform).fault(transform); }

Transform read_transform(const json& value, const std::string& where) {
  const OpRow& op = op_of(value, where);
  const std::vector<std::string_view> keys = op.keys();
  const JsonObject object(value, where, keys);
  Transform transform = op.read(object);
  if (const auto fault = find_fault(transform)) object.refuse(fault->parameter, fault->sentence);
  return transform;
}

ordered_json transform_json(const Transform& transform, const std::string& position) {
  const auto refuse = [&](const std::string& sentence) {
    throw Error(ErrorCode::pipeline, fmt::format("transform {}, {}: {}", position, op_name(transform), sentence));
  };
  if (!row_of(transform).in_files) {
    refuse("a function of this program cannot be written into a pipeline file");
  }
  if (const auto fault = find_fault(transform)) refuse(fmt::format("{} {}", fault->parameter, fault->sentence));
  ordered_json out{{"op", op_name(transform)}};
  row_of(transform).write(out, transform);
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
