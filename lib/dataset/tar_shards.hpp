#pragma once

#include <memory>

#include "dataset/source_request.hpp"
#include "slabring/dataset.hpp"

namespace slabring {

/// The kind "tar": shards in WebDataset's conventions (tar_index.hpp), several of them by a pattern (shard_names.hpp),
/// one after the other. Indexed once; a sample is then one read at its place.
///
/// Options: image (endings, the best first, joined by commas), label (an ending), json_label (a field).
std::unique_ptr<Dataset> open_tar_shards(SourceRequest& request);
std::unique_ptr<Dataset> open_tar_shards_recipe(const DatasetRecipe& recipe);

}  // namespace slabring
