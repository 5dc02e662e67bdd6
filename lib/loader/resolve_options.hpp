#pragma once

#include "plan/epoch_plan.hpp"
#include "slabring/dataset.hpp"
#include "slabring/options.hpp"
#include "slabring/transform.hpp"

namespace slabring {

/// Checks every option and fills in the automatic ones. Throws Error(invalid_argument) that names option, value and
/// what would be right; Error(dataset) for an empty dataset; Error(pipeline) for one that the start method cannot
/// carry.
LoaderOptions resolve_options(const LoaderOptions& options, const Dataset& dataset, const Pipeline& pipeline);

/// Requires: options are resolved.
PlanOptions plan_options(const Dataset& dataset, const LoaderOptions& options);

}  // namespace slabring
