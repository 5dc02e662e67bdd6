#include <unistd.h>

#include <algorithm>

#include "ring/crew_processes.hpp"
#include "ring/crew_row.hpp"
#include "sync/fault_point.hpp"

namespace slabring::ring {
namespace {

/// As the worker loop of lib/engine, with its fault points.
void work_on(const CrewWorld& world, WorkerPort& port, const Claim& claim) {
  const View& view = world.ring.view();
  port.slot().active.store(claim.ticket + 1);
  fault_point(FaultPoint::active_set);
  const std::uint64_t sample = view.row(claim.slab, claim.row).sample.load(std::memory_order_relaxed);
  if (std::ranges::count(world.plan.poison_tickets, claim.ticket) > 0) _exit(crew_poisoned);

  const auto words = crew_row_words(view, claim.slab, claim.row);
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i == words.size() / 2) fault_point(FaultPoint::row_half_written);
    words[i] = crew_word(sample, i);
  }
  view.labels(claim.slab)[claim.row] = static_cast<std::int64_t>(sample);
  view.row(claim.slab, claim.row).status = static_cast<std::uint32_t>(SampleStatus::ok);
  fault_point(FaultPoint::row_written);
  port.publish(claim);
  fault_point(FaultPoint::published);
  port.slot().active.store(0);
}

}  // namespace

void run_crew_worker(const CrewWorld& world, std::uint32_t slot, std::uint32_t generation) {
  set_fault_hook(nullptr);  // the coordinator's
  world.plan.in_worker(slot, generation);
  WorkerPort port = world.ring.worker(slot);
  while (!port.stopped()) {
    if (const auto claim = port.next(longer_than_any_test)) {
      work_on(world, port, *claim);
    } else if (!port.stopped()) {
      ++world.report.timeouts;
    }
  }
  _exit(crew_done);
}

}  // namespace slabring::ring
