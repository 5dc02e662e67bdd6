#include "process/worker_process.hpp"

#include <sched.h>
#include <unistd.h>

#include <cstdlib>
#include <string_view>

#include "engine/row_worker.hpp"
#include "process/attach_client.hpp"
#include "process/child_process.hpp"
#include "process/sandbox.hpp"
#include "sync/fault_point.hpp"

namespace slabring {
namespace {

/// A worker that wakes must not preempt the trainer when CPUs are short: release() took 158-289 us with SCHED_OTHER and
/// 17-32 us with SCHED_BATCH at equal throughput (core.md 2.4).
void yield_to_trainer() noexcept {
  const sched_param param{};
  sched_setscheduler(0, SCHED_BATCH, &param);
}

/// Returns the parts that are active.
std::uint32_t confine(const Work& work) {
  const std::uint32_t active = enter_sandbox(work.dataset->read_roots());
  if (work.sandbox == Sandbox::strict && active != sandbox_part::all) _exit(124);  // the trainer looked before
  return active;
}

void arm_poison_from_environment() noexcept {
#ifdef SLABRING_FAULT_POINTS
  if (const char* id = std::getenv("SLABRING_FAULT_SAMPLE")) crash_over(std::strtoull(id, nullptr, 10));
#endif
}

template <class Run>
void work_in_slot(const ring::View& view, std::uint32_t slot, const Work& work, const Run& run) noexcept {
  name_process("slabring-work");
  yield_to_trainer();
  ring::Slot& mine = view.slot(slot);
  mine.pid.store(getpid());
  arm_poison_from_environment();
  // Only the first worker of a slot dies at a planted fault; its successors have to carry on.
  if (mine.generation.load() == 0) arm_fault_from_environment("SLABRING_FAULT");
  try {
    mine.sandbox.store(sandbox_part::settled | (work.sandbox == Sandbox::off ? 0 : confine(work)));
    RowWorker worker(view, slot, *work.dataset, *work.program, work.rows);
    run(worker);
  } catch (...) {
    _exit(125);  // out of memory before the first row; the coordinator reports the status
  }
}

}  // namespace

void arm_fault_from_environment([[maybe_unused]] const char* variable) noexcept {
#ifdef SLABRING_FAULT_POINTS
  const char* text = std::getenv(variable);
  if (text == nullptr) return;
  const std::string_view value = text;
  const auto colon = value.find(':');
  if (colon == std::string_view::npos) return;
  kill_at(fault_point_from(value.substr(0, colon)), std::strtoull(text + colon + 1, nullptr, 10));
#endif
}

void run_worker(const ring::View& view, std::uint32_t slot, pid_t coordinator, const Work& work) noexcept {
  die_with_parent(coordinator);
  work_in_slot(view, slot, work, [](RowWorker& worker) { worker.run(); });
}

void run_attached_worker(const ring::View& view, std::uint32_t slot, int lifeline, const Work& work) noexcept {
  work_in_slot(view, slot, work,
               [lifeline](RowWorker& worker) { worker.run_while([lifeline] { return !has_closed(lifeline); }); });
}

}  // namespace slabring
