#pragma once

#include <sys/types.h>

#include <cstdint>

#include "process/worker_setup.hpp"
#include "ring/layout.hpp"

namespace slabring {

/// Turns this process, a fresh child of the coordinator, into the worker of `slot`; returns when the ring is stopped.
/// The caller then _exit()s: nothing of the parent's is to be flushed or destroyed here.
void run_worker(const ring::View& view, std::uint32_t slot, pid_t coordinator, const Work& work) noexcept;

/// The same for a process that joined by hand and is nobody's child: it returns, or is killed, also when the other end
/// of `lifeline` is closed (die_with_peer()).
void run_attached_worker(const ring::View& view, std::uint32_t slot, int lifeline, const Work& work) noexcept;

/// SLABRING_FAULT=point:hit, for tests of builds with fault points: kills this process there. `prefix` tells workers
/// ("SLABRING_FAULT") from coordinators ("SLABRING_COORDINATOR_FAULT") and trainers. SLABRING_FAULT_SAMPLE=id: every
/// worker crashes over that sample.
void arm_fault_from_environment(const char* variable) noexcept;

}  // namespace slabring
