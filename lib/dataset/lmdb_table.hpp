#pragma once

#include <memory>

#include "dataset/source_request.hpp"
#include "slabring/dataset.hpp"

namespace slabring {

/// The kind "lmdb": the values of an LMDB, in the order of their keys: image files (as LSUN has them, without labels)
/// or Caffe's Datum with an encoded image. The keys are read once; each process opens the database for itself,
/// read-only and without locks.
///
/// LMDB maps the file and trusts what it finds there; nobody may write to it meanwhile.
///
/// Options: value (image, datum).
std::unique_ptr<Dataset> open_lmdb_table(SourceRequest& request);
std::unique_ptr<Dataset> open_lmdb_table_recipe(const DatasetRecipe& recipe);
/// A folder with data.mdb in it, or a file that ends in .mdb or .lmdb.
bool is_lmdb(const std::string& path);

}  // namespace slabring
