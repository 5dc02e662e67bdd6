#include "dataset/open_dataset.hpp"

#include "dataset/source_kinds.hpp"

namespace slabring {

std::unique_ptr<Dataset> open_dataset(const DatasetRecipe& recipe) {
  return source_kind(recipe.kind).open_recipe(recipe);
}

}  // namespace slabring
