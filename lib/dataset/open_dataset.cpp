#include "dataset/open_dataset.hpp"

#include <fmt/format.h>

#include <string_view>

#include "slabring/error.hpp"

namespace slabring {
namespace {

struct Kind {
  std::string_view name;
  std::unique_ptr<Dataset> (*open)(const DatasetRecipe&);
};

/// Every dataset that has a recipe.
constexpr Kind kinds[] = {
    {"image_folder", &ImageFolder::from_recipe},
};

}  // namespace

std::unique_ptr<Dataset> open_dataset(const DatasetRecipe& recipe) {
  std::string known;
  for (const Kind& kind : kinds) {
    if (kind.name == recipe.kind) return kind.open(recipe);
    known += fmt::format("{}{}", known.empty() ? "" : ", ", kind.name);
  }
  throw Error(ErrorCode::dataset, fmt::format("no dataset kind is called \"{}\"; there are: {}", recipe.kind, known));
}

}  // namespace slabring
