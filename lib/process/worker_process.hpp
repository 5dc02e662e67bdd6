#pragma once

#include <sys/types.h>

#include <cstdint>

#include "process/worker_setup.hpp"
#include "ring/layout.hpp"

namespace slabring {

/// Turns this process, a fresh child of the coordinator, into the worker of `slot`; returns when the ring is stopped.
/// The caller then _exit()s: nothing of the parent's is to be flushed or destroyed here.
void run_worker(const ring::View& view, std::uint32_t slot, pid_t coordinator, const Work& work) noexcept;

/// SLABRING_FAULT=point:hit, for tests of builds with fault points: kills this process there. `prefix` tells workers
/// ("SLABRING_FAULT") from coordinators ("SLABRING_COORDINATOR_FAULT") and trainers.
void arm_fault_from_environment(const char* variable) noexcept;

}  // namespace slabring
