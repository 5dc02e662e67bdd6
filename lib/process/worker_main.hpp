#pragma once

namespace slabring {

/// All of slabring-worker: `--coordinator`, `--worker SLOT`, `--version`, `--help`. Returns the exit status: 0 done, 1
/// failed, 2 wrong usage.
int worker_main(int argc, char** argv);

}  // namespace slabring
