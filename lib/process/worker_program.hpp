#pragma once

#include <string>

namespace slabring {

/// Where slabring-worker is: `option` if not empty, else $SLABRING_WORKER, else beside the running program, else the
/// installation's libexec folder. Throws Error(process) with every place it looked at.
std::string find_worker_program(const std::string& option);

}  // namespace slabring
