#pragma once

#include <cstdint>

#include "augment/program.hpp"
#include "ring/layout.hpp"
#include "slabring/dataset.hpp"
#include "slabring/options.hpp"

namespace slabring {

/// The ring in which batches of `dataset`, made by `program`, have a place: also for each of its extra arrays.
/// `slots`: of workers. Throws Error(dataset) for extra arrays that no batch can hold, Error(pipeline) where rows are
/// mixed and would be of two samples, of which the extra arrays are one's.
ring::Shape ring_shape(const Dataset& dataset, const Program& program, const LoaderOptions& options,
                       std::uint32_t slots);

}  // namespace slabring
