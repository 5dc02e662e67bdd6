#pragma once

#include "ring/crew.hpp"

namespace slabring::ring {

// The bodies of a crew's processes. None returns.

struct CrewWorld {
  const CrewPlan& plan;
  const TestRing& ring;
  CrewReport& report;
};

inline constexpr std::chrono::milliseconds longer_than_any_test{120'000};

[[noreturn]] void run_crew_trainer(const CrewWorld& world);
/// Ends when the trainer does. With a generation above 0, first recovers every slot: its predecessor died somewhere.
[[noreturn]] void run_crew_coordinator(const CrewWorld& world, int generation, pid_t trainer);
[[noreturn]] void run_crew_worker(const CrewWorld& world, std::uint32_t slot, std::uint32_t generation);

/// Exit codes.
inline constexpr int crew_done = 0;
inline constexpr int crew_poisoned = 3;
inline constexpr int crew_trainer_gone = 4;
inline constexpr int crew_lost_its_parent = 5;

}  // namespace slabring::ring
