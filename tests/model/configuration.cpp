#include "configuration.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>

namespace slabring::model {
namespace {

constexpr std::array<std::string_view, mutant_count + 1> mutant_names = {"none",
                                                                         "hint_not_lowered",
                                                                         "hint_without_tag",
                                                                         "no_ring_on_death",
                                                                         "fenced_by_time",
                                                                         "bitmap_before_owners",
                                                                         "remaining_counter",
                                                                         "ticket_by_fetch_add",
                                                                         "no_second_look",
                                                                         "ring_on_death_if_bit_set",
                                                                         "rows_decided_by_head",
                                                                         "hint_lowered_for_own_rows_only",
                                                                         "quarantine_left_to_the_dead",
                                                                         "taken_back_without_compare"};

template <class Value>
bool in_range(int number, int low, int high, Value& value) {
  if (number < low || number > high) return false;
  value = static_cast<Value>(number);
  return true;
}

}  // namespace

std::string_view to_string(Mutant mutant) noexcept { return mutant_names[static_cast<std::size_t>(mutant)]; }

std::string describe(const Configuration& c) {
  std::string text = fmt::format("W={} K={} B={} N={} kills={}", c.workers, c.slabs, c.rows, c.batches, c.kills);
  if (c.coordinator_kills > 0) text += fmt::format("+{} of C", c.coordinator_kills);
  text += fmt::format(" quarantine_at={}", c.quarantine_at);
  if (c.condemn_at > 0) text += fmt::format(" condemn_at={}", c.condemn_at);
  if (c.partial_batch >= 0 && c.rows > 1) text += fmt::format(" partial={}", c.partial_batch);
  if (c.cancel) text += " cancel";
  if (c.out_of_order) text += " out_of_order";
  if (c.wake_chain) text += " wake_chain";
  return text;
}

bool assign(Configuration& c, std::string_view assignment) {
  const std::size_t equals = assignment.find('=');
  if (equals == std::string_view::npos) return false;
  const std::string_view name = assignment.substr(0, equals);
  int n = 0;
  const char* const end = assignment.data() + assignment.size();
  if (std::from_chars(assignment.data() + equals + 1, end, n).ptr != end) return false;

  if (name == "workers") return in_range(n, 1, max_workers, c.workers);
  if (name == "slabs") return in_range(n, 1, max_slabs, c.slabs);
  if (name == "rows") return in_range(n, 1, max_rows, c.rows);
  if (name == "batches") return in_range(n, 1, 16, c.batches);
  if (name == "kills") return in_range(n, 0, 16, c.kills);
  if (name == "coordinator_kills") return in_range(n, 0, 16, c.coordinator_kills);
  if (name == "quarantine_at") return in_range(n, 1, 16, c.quarantine_at);
  if (name == "condemn_at") return in_range(n, 0, 16, c.condemn_at);
  if (name == "partial_batch") return in_range(n, -1, 16, c.partial_batch);
  if (name == "cancel") return in_range(n, 0, 1, c.cancel);
  if (name == "out_of_order") return in_range(n, 0, 1, c.out_of_order);
  if (name == "wake_chain") return in_range(n, 0, 1, c.wake_chain);
  if (name == "restartable") return in_range(n, 0, 1, c.recovery);
  if (name == "mutant") return in_range(n, 0, mutant_count, c.mutant);
  return false;
}

}  // namespace slabring::model
