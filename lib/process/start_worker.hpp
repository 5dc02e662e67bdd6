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

/// `spawn`: the worker is a fresh `command... --worker SLOT`, started through Boost.Process, with exactly the
/// descriptors `inherited` as 3, 4, 5 ... and standard input, output and error.
StartWorker spawn_workers(std::vector<std::string> command, std::vector<int> inherited);

/// In a worker that is set up: closes every descriptor but standard input, output, error and the life pipe, which
/// becomes worker_life_pipe_fd. What decodes hostile bytes holds nothing.
void keep_only_the_life_pipe() noexcept;
/// The same, and `other` stays as worker_lifeline_fd.
void keep_only_the_life_pipe_and(int other) noexcept;

/// Gives descriptor inherited[i] the number 3 + i, in whichever order they are, and all others above 2 FD_CLOEXEC.
/// `room` is as long as `inherited`. Allocates nothing, takes no lock.
void move_descriptors(const std::vector<int>& inherited, std::vector<int>& room) noexcept;

}  // namespace slabring
