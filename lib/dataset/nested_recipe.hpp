#pragma once

#include <nlohmann/json.hpp>

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "slabring/combine.hpp"
#include "slabring/worker.hpp"

namespace slabring {

/// The recipe of a combination: its own configuration and tables, and the recipes of its parts, in one.
///
/// nullopt when a part has none. Throws Error(dataset): more tables than a recipe may have, or parts that need workers
/// of different programs.
std::optional<DatasetRecipe> nested_recipe(std::string_view kind, nlohmann::json config, std::span<const int> tables,
                                           std::span<const SharedDataset> parts);

/// What it was made of, opened in this process.
struct OpenedNest {
  nlohmann::json config;
  std::vector<int> tables;  ///< still the caller's
  std::vector<SharedDataset> parts;
};

/// `own` opens the parts that need a program of their own; may be empty elsewhere. `what` is for messages: "a subset".
/// Throws Error(dataset).
OpenedNest open_nest(const DatasetRecipe& recipe, std::string_view what, const OpenDataset& own);

}  // namespace slabring
