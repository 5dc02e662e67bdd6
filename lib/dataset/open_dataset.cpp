#include "dataset/open_dataset.hpp"

#include "dataset/combinations.hpp"
#include "dataset/source_kinds.hpp"

namespace slabring {

std::unique_ptr<Dataset> open_dataset(const DatasetRecipe& recipe) { return open_combined(recipe, {}); }

std::unique_ptr<Dataset> open_combined(const DatasetRecipe& recipe, const OpenDataset& own) {
  if (const Combination* combination = find_combination(recipe.kind)) return combination->open_recipe(recipe, own);
  return source_kind(recipe.kind).open_recipe(recipe);
}

std::unique_ptr<Dataset> open_own_dataset(const DatasetRecipe& recipe, const OpenDataset& own) {
  if (const Combination* combination = find_combination(recipe.kind)) return combination->open_recipe(recipe, own);
  return own(recipe);
}

}  // namespace slabring
