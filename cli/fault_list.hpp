#pragma once

#include "slabring/loader.hpp"

namespace slabring::cli {

/// What a run ends with: on stderr, a line for each failed sample (path, index, code, sentence), as `verify` prints
/// them. Nothing when none failed.
void print_failed_samples(const Loader& loader);

}  // namespace slabring::cli
