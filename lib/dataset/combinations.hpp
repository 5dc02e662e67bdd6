#pragma once

#include <memory>
#include <string_view>

#include "dataset/source_request.hpp"
#include "slabring/cache.hpp"
#include "slabring/combine.hpp"
#include "slabring/worker.hpp"

namespace slabring {

/// A kind of dataset that is made of others: what a recipe calls it, and how another process opens it.
struct Combination {
  std::string_view kind;
  std::unique_ptr<Dataset> (*open_recipe)(const DatasetRecipe& recipe, const OpenDataset& own);
};

/// Null: no such combination.
const Combination* find_combination(std::string_view kind) noexcept;

/// As open_dataset() in a program of a user's: `own` opens what only that program can (DatasetRecipe::worker_command),
/// be it the dataset or parts of the combination that it is.
std::unique_ptr<Dataset> open_own_dataset(const DatasetRecipe& recipe, const OpenDataset& own);

// What a person names: "concat:A,B", "subset:[A]?from=0&to=100", "split:[A]?part=train&fraction=0.9",
// "filter:[A]?class=cat,dog&name!=*.png", "relabel:[A]?class=cat:pet,dog:pet".
// Sources that have options, or a comma in their name, stand in brackets. Throw Error(invalid_argument),
// Error(dataset).
std::unique_ptr<Dataset> open_concat(SourceRequest& request);
std::unique_ptr<Dataset> open_subset(SourceRequest& request);
std::unique_ptr<Dataset> open_filter(SourceRequest& request);
std::unique_ptr<Dataset> open_split(SourceRequest& request);
std::unique_ptr<Dataset> open_relabel(SourceRequest& request);
std::unique_ptr<Dataset> open_mixture(SourceRequest& request);
std::unique_ptr<Dataset> open_cache(SourceRequest& request);

/// "512M" and "decoded", as a person writes them. Throw Error(invalid_argument).
std::uint64_t cache_bytes(std::string_view text);
CacheOf cache_of(std::string_view word);

/// As a person writes it: `word` is "class" or "label", `values` are such as "cat:pet,dog:pet" or "3:0,4..9:1". Throws
/// Error(invalid_argument), Error(dataset).
std::unique_ptr<Dataset> relabelled(const SharedDataset& whole, std::string_view word, std::string_view values);

/// One part of a split in two, of which it is `fraction`: "train:0.9" and "val:0.1" have no sample in common.
std::unique_ptr<Dataset> split_part(const SharedDataset& whole, bool train, double fraction,
                                    const SplitOptions& options);

// How the combinations of other files are opened again (Combination::open_recipe).
std::unique_ptr<Dataset> open_relabel_nest(const DatasetRecipe& recipe, const OpenDataset& own);
std::unique_ptr<Dataset> open_mixture_nest(const DatasetRecipe& recipe, const OpenDataset& own);
std::unique_ptr<Dataset> open_cache_nest(const DatasetRecipe& recipe, const OpenDataset& own);

// Whole recipes, whose parts need no program of their own.
std::unique_ptr<Dataset> open_concat_recipe(const DatasetRecipe& recipe);
std::unique_ptr<Dataset> open_subset_recipe(const DatasetRecipe& recipe);
std::unique_ptr<Dataset> open_relabel_recipe(const DatasetRecipe& recipe);
std::unique_ptr<Dataset> open_mixture_recipe(const DatasetRecipe& recipe);
std::unique_ptr<Dataset> open_cache_recipe(const DatasetRecipe& recipe);

}  // namespace slabring
