#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <string_view>
#include <vector>

#include "augment/json_reader.hpp"
#include "augment/op_json.hpp"
#include "augment/parameters.hpp"
#include "slabring/transform.hpp"

namespace slabring {

/// What there is to know of one kind of transform without its type: its row in the table of all.
struct OpRow {
  std::string_view name;
  bool in_files;  ///< may stand in a pipeline file; the rest but `fault` is only for these
  std::vector<std::string_view> (*keys)();
  Transform (*read)(const JsonObject& object);
  void (*write)(nlohmann::ordered_json& out, const Transform& transform);
  std::optional<ParameterFault> (*fault)(const Transform& transform);
  std::vector<OpParameter> (*parameters)();
};

/// The row of `Op`. Instantiated where its parameters are listed: op_rows_*.cpp; a kind that none of them has does not
/// link.
template <class Op>
OpRow op_row() noexcept;

}  // namespace slabring
