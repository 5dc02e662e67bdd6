#pragma once

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstdio>

namespace slabring::cli {

/// Keys stay in the order they were written.
using Json = nlohmann::ordered_json;

/// Prints what `--json` promises: one object. Bytes of a path that are not UTF-8 become U+FFFD.
inline void print_json_object(const Json& object) {
  fmt::print("{}\n", object.dump(2, ' ', false, Json::error_handler_t::replace));
}

}  // namespace slabring::cli
