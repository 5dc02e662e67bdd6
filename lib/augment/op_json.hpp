#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>
#include <vector>

#include "slabring/transform.hpp"

namespace slabring {

/// Reads one transform: {"op": "Resize", "size": 256}. Everything wrong throws Error(pipeline) with `where`, the value
/// and what is allowed.
Transform read_transform(const nlohmann::json& value, const std::string& where);

/// The same form. Throws Error(pipeline) for what could not be read; `position` is for the message: "1", "1.0".
nlohmann::ordered_json transform_json(const Transform& transform, const std::string& position);

/// A key of a transform in a pipeline file.
struct OpParameter {
  std::string_view name;
  std::string_view type;  ///< a word: "integer", "numbers", "range", "interpolation", ...; "any" where no word fits
  bool required;
  nlohmann::ordered_json fallback;  ///< null: none, it may be left out; or it is required
};

/// A transform that a pipeline file may name.
struct OpListing {
  std::string_view name;
  std::vector<OpParameter> parameters;
};

/// All of them, in the order of Transform's alternatives.
std::vector<OpListing> list_ops();

}  // namespace slabring
