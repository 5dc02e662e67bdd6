#pragma once

#include <memory>

#include "dataset/source_request.hpp"
#include "slabring/dataset.hpp"

namespace slabring {

/// The kind "sqlite": the rows of a query that gives an id, an image (a blob, or the path of a file relative to the
/// database's folder) and, if there is a third column, a label. Ids and labels are read once; an image is looked up by
/// its id, by each process with a connection of its own.
///
/// The file is opened as one that nobody changes, so that workers need no locks; a write-ahead log that is not merged
/// is refused, as is a database that a writer has locked.
///
/// Options: query.
std::unique_ptr<Dataset> open_sqlite_table(SourceRequest& request);
std::unique_ptr<Dataset> open_sqlite_table_recipe(const DatasetRecipe& recipe);

}  // namespace slabring
