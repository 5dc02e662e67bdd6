#pragma once

#include <memory>

#include "slabring/dataset.hpp"

namespace slabring {

/// Opens in this process what Dataset::recipe() of another one described. Takes ownership of no descriptor.
/// Throws Error(dataset): unknown kind, or as the kind's own opener.
std::unique_ptr<Dataset> open_dataset(const DatasetRecipe& recipe);

}  // namespace slabring
