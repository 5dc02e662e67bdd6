#include "sync/fault_point.hpp"

#include <atomic>
#include <csignal>

namespace slabring {
namespace {

constexpr std::array<std::string_view, fault_point_count> names = {
    "none",           "claim_scan",       "claim_cas",   "claimed",          "hint_advanced",
    "active_set",     "row_half_written", "row_written", "done_set",         "batch_complete",
    "published",      "sleep_registered", "sleeping",    "bell_bit_cleared", "bell_epoch_bumped",
    "bell_forced",    "arm_owners",       "arm_bitmap",  "arm_order",        "arm_issued",
    "cancel_cas",     "recover_seen",     "recover_cas", "recover_freed",    "recover_hint",
    "quarantine_mine"};

}  // namespace

std::string_view to_string(FaultPoint point) noexcept {
  const auto index = static_cast<std::size_t>(point);
  return index < names.size() ? names[index] : "unknown";
}

FaultPoint fault_point_from(std::string_view name) noexcept {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<FaultPoint>(i);
  }
  return FaultPoint::none;
}

#ifdef SLABRING_FAULT_POINTS
namespace {

std::atomic<FaultHook> current_hook{nullptr};
std::atomic<FaultPoint> lethal_point{FaultPoint::none};
std::atomic<std::uint64_t> hits_left{0};
constexpr std::uint64_t no_sample = ~std::uint64_t{0};
std::atomic<std::uint64_t> lethal_sample{no_sample};

void kill_hook(FaultPoint point) {
  if (point == lethal_point.load(std::memory_order_relaxed) && hits_left.fetch_sub(1) == 1) raise(SIGKILL);
}

}  // namespace

void set_fault_hook(FaultHook hook) noexcept { current_hook.store(hook); }

void kill_at(FaultPoint point, std::uint64_t hit) noexcept {
  lethal_point.store(point);
  hits_left.store(hit);
  set_fault_hook(kill_hook);
}

void fault_point(FaultPoint point) noexcept {
  if (const FaultHook hook = current_hook.load(std::memory_order_relaxed)) hook(point);
}

void crash_over(std::uint64_t sample) noexcept { lethal_sample.store(sample); }

void about_to_fill(std::uint64_t sample) noexcept {
  if (sample == lethal_sample.load(std::memory_order_relaxed)) raise(SIGSEGV);
}
#endif

}  // namespace slabring
