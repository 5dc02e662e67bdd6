#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "base/unique_fd.hpp"

namespace slabring {

/// What a coordinator has given a process that joined its workers by hand.
struct Membership {
  pid_t trainer = 0;
  std::uint32_t slot = 0;
  UniqueFd lifeline;             ///< die_with_peer() was called: nothing is ever sent here
  std::vector<UniqueFd> outfit;  ///< in the order of setup_fd, control_memory_fd ...
};

/// Joins the workers of the loader of process `pid`, which is its trainer or its coordinator.
/// Throws Error(process): no loader there lets workers in, several do, or this one says no.
Membership join_loader(pid_t pid);

/// Makes all workers that have joined the loaders of process `pid` leave; returns how many. Throws as join_loader().
std::uint32_t detach_workers(pid_t pid);

/// From now on SIGKILL comes at once when the other end of `socket` closes; also to a process that is stopped or deep
/// in a decoder. False: the kernel cannot; then ask has_closed() now and then.
bool die_with_peer(int socket) noexcept;
/// Whether the other end is closed. Needs no system call but read().
bool has_closed(int socket) noexcept;

}  // namespace slabring
