#pragma once

#include <memory>

#include "dataset/source_request.hpp"
#include "slabring/dataset.hpp"

namespace slabring {

/// The kind "tfrecord": files of tf.train.Example, several of them by a pattern (shard_names.hpp), one after the other.
/// The lengths and their checksums are read once; a sample is then one read, whose checksum is compared.
///
/// Options: image, label (names of features; image/encoded and image/class/label).
std::unique_ptr<Dataset> open_tf_records(SourceRequest& request);
std::unique_ptr<Dataset> open_tf_records_recipe(const DatasetRecipe& recipe);

}  // namespace slabring
