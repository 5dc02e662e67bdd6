#include "dataset/nested_recipe.hpp"

#include <fmt/format.h>

#include <utility>

#include "dataset/combinations.hpp"
#include "dataset/open_dataset.hpp"
#include "dataset/recipe_json.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

using Json = nlohmann::json;

/// A worker may have 256 descriptors, and a program that starts one needs some itself.
constexpr std::size_t most_tables = 200;

/// Configurations are JSON as a rule and stay that: text within text would double its backslashes with every level.
Json config_to_json(const std::string& config) {
  Json parsed = Json::parse(config, nullptr, /*allow_exceptions=*/false);
  return parsed.is_object() ? parsed : Json(config);
}

std::string config_from_json(const Json& config) {
  return config.is_string() ? config.get<std::string>() : config.dump();
}

void take_command(DatasetRecipe& recipe, const DatasetRecipe& part) {
  if (part.worker_command.empty() || part.worker_command == recipe.worker_command) return;
  if (!recipe.worker_command.empty()) {
    throw Error(ErrorCode::dataset,
                fmt::format("a combination has parts whose workers are '{}' and '{}'; a Loader starts one program",
                            recipe.worker_command.front(), part.worker_command.front()));
  }
  recipe.worker_command = part.worker_command;
}

}  // namespace

std::optional<DatasetRecipe> nested_recipe(std::string_view kind, Json config, std::span<const int> tables,
                                           std::span<const SharedDataset> parts) {
  DatasetRecipe recipe{std::string(kind), {}, {tables.begin(), tables.end()}};
  Json written = Json::array();
  for (const SharedDataset& part : parts) {
    const std::optional<DatasetRecipe> inner = part->recipe();
    if (!inner) return std::nullopt;
    take_command(recipe, *inner);
    recipe.fds.insert(recipe.fds.end(), inner->fds.begin(), inner->fds.end());
    written.push_back({{"kind", inner->kind},
                       {"config", config_to_json(inner->config)},
                       {"tables", inner->fds.size()},
                       {"own", !inner->worker_command.empty()}});
  }
  if (recipe.fds.size() > most_tables) {
    throw Error(ErrorCode::dataset, fmt::format("the combination has {} tables in all its parts; at most {} can be "
                                                "given to workers: combine fewer, or pack them into one file",
                                                recipe.fds.size(), most_tables));
  }
  config["own_tables"] = tables.size();
  config["parts"] = std::move(written);
  recipe.config = config.dump();
  return recipe;
}

OpenedNest open_nest(const DatasetRecipe& recipe, std::string_view what, const OpenDataset& own) {
  OpenedNest nest{recipe_config(recipe, recipe.fds.size(), what), {}, {}};
  std::size_t next = 0;
  const auto take = [&](std::size_t count) {
    if (count > recipe.fds.size() - next) {
      throw Error(ErrorCode::dataset, fmt::format("the recipe of {} has {} descriptors, fewer than its parts need",
                                                  what, recipe.fds.size()));
    }
    const auto begin = recipe.fds.begin() + static_cast<std::ptrdiff_t>(std::exchange(next, next + count));
    return std::vector<int>(begin, begin + static_cast<std::ptrdiff_t>(count));
  };
  try {
    nest.tables = take(nest.config.at("own_tables").get<std::size_t>());
    for (const Json& part : nest.config.at("parts")) {
      const DatasetRecipe inner{part.at("kind").get<std::string>(), config_from_json(part.at("config")),
                                take(part.at("tables").get<std::size_t>())};
      const bool needs_own = part.at("own").get<bool>();
      if (needs_own && !own) {
        throw Error(ErrorCode::dataset, fmt::format("a part of {} is of the kind \"{}\", which only a program of its "
                                                    "own opens",
                                                    what, inner.kind));
      }
      nest.parts.push_back(needs_own ? open_own_dataset(inner, own) : open_dataset(inner));
    }
  } catch (const Json::exception& error) {
    refuse_recipe(what, error);
  }
  return nest;
}

}  // namespace slabring
