#pragma once

#include <string>
#include <vector>

#include "process/coordinator.hpp"

namespace slabring {

/// Which descriptors a forked worker closes first thing.
enum class ForkedDescriptors : std::uint8_t {
  keep_users,  ///< `fork`: the user's dataset may have files open; the coordinator's few stay open beside them
  close_all,   ///< `forkserver`: all but standard input, output, error and the life pipe
};

/// The worker is a fork of this coordinator, and runs `work` as it is here.
StartWorker fork_workers(const ring::View& view, const Work& work, ForkedDescriptors descriptors);

/// `spawn`: the worker is a fresh `program --worker SLOT`, started through Boost.Process, with exactly the descriptors
/// `inherited` as 3, 4, 5 ... and standard input, output and error.
StartWorker spawn_workers(std::string program, std::vector<int> inherited);

/// In a worker that is set up: closes every descriptor but standard input, output, error and the life pipe, which
/// becomes worker_life_pipe_fd. What decodes hostile bytes holds nothing.
void keep_only_the_life_pipe() noexcept;

}  // namespace slabring
