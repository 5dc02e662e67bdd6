#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "slabring/dataset.hpp"
#include "slabring/export.hpp"

namespace slabring {

/// Opens what DatasetRecipe `recipe` describes, whose descriptors stay the caller's and are closed afterwards.
using OpenDataset = std::function<std::unique_ptr<Dataset>(const DatasetRecipe& recipe)>;

/// Opens what a dataset of slabring's own described in another process; for programs of yours whose workers read these,
/// too. Takes ownership of no descriptor. Throws Error(dataset): unknown kind, or as the kind's own opener.
SLABRING_API std::unique_ptr<Dataset> open_dataset(const DatasetRecipe& recipe);
/// The same, and `own` opens the parts of a combination that only this program can (DatasetRecipe::worker_command).
SLABRING_API std::unique_ptr<Dataset> open_combined(const DatasetRecipe& recipe, const OpenDataset& own);

/// The worker's part of a program of yours that DatasetRecipe::worker_command names, so that datasets of code that
/// slabring-worker does not have can be used with start_method spawn. The program is started as
/// `worker_command... --worker SLOT`, and calls this with that slot, early: what it opened before stays open.
///
/// Works until the Loader ends; returns the program's exit status. Throws Error when it was not started by a Loader of
/// this very version, or the dataset cannot be opened: end with another status than 0 then, and the Loader reports it.
/// Ends the process at once when the coordinator does. Such workers are in no sandbox.
SLABRING_API int run_as_worker(std::uint32_t slot, const OpenDataset& open);

}  // namespace slabring
