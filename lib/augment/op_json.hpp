#pragma once

#include <nlohmann/json.hpp>

#include <string>

#include "slabring/transform.hpp"

namespace slabring {

/// Reads one transform: {"op": "Resize", "size": 256}. Everything wrong throws Error(pipeline) with `where`, the value
/// and what is allowed.
Transform read_transform(const nlohmann::json& value, const std::string& where);

/// The same form. Throws Error(pipeline) for what could not be read; `position` is for the message: "1", "1.0".
nlohmann::ordered_json transform_json(const Transform& transform, const std::string& position);

}  // namespace slabring
