#pragma once

#include <vector>

#include "slabring/cache.hpp"

namespace slabring {

/// The dataset itself where it is one, and those among the parts of the combination that it is; each once.
std::vector<const CachedDataset*> caches_in(const Dataset& dataset);

}  // namespace slabring
