#pragma once

#include <cstdint>

namespace slabring {
struct LoaderStats;
}

namespace slabring::cli {

/// User and system CPU seconds of this process and of all descendants that have ended and were waited for.
double cpu_seconds();

/// Proportional set sizes (/proc/PID/smaps_rollup) of this process, the coordinator and the workers, added up: memory
/// that several of them share, such as the ring, counts once. Processes that have ended count 0.
std::uint64_t pss_bytes(const LoaderStats& stats);

}  // namespace slabring::cli
