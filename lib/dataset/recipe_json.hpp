#pragma once

#include <nlohmann/json.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/unique_fd.hpp"
#include "slabring/dataset.hpp"

namespace slabring {

/// JSON strings are UTF-8, file names any bytes: those that are not UTF-8 become arrays of numbers.
nlohmann::json name_to_json(std::string_view name);
std::string name_from_json(const nlohmann::json& json);
nlohmann::json names_to_json(std::span<const std::string> names);
std::vector<std::string> names_from_json(const nlohmann::json& json);

/// A recipe's configuration. Throws Error(dataset) when it is no JSON, or the recipe has other than `fds` descriptors;
/// `what` is how the message calls the dataset: "an image folder".
nlohmann::json recipe_config(const DatasetRecipe& recipe, std::size_t fds, std::string_view what);

/// The same refusal for what a kind finds wrong inside. Rethrows as Error(dataset).
[[noreturn]] void refuse_recipe(std::string_view what, const nlohmann::json::exception& error);

/// A descriptor of our own for what `fd` refers to. Throws Error(dataset).
UniqueFd own_copy(int fd);

}  // namespace slabring
