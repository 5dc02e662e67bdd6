// slab_ring_model: checks the ring's protocol, step by step, in every order. See docs/ring-protocol.md.

#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdio>
#include <span>
#include <string_view>

#include "configuration.hpp"
#include "search.hpp"

namespace slabring::model {
namespace {

constexpr const char* usage =
    "usage: slab_ring_model small       searches with small bounds; seconds\n"
    "       slab_ring_model full        all searches of docs/ring-protocol.md; minutes\n"
    "       slab_ring_model mutants     finds what is wrong with each mutant\n"
    "       slab_ring_model check [NAME=VALUE...] [reach_end]\n"
    "                                   one search; NAME is a field of Configuration, or mutant\n";

void print_trace(const Result& result) {
  constexpr std::size_t most = 40;
  const std::size_t skipped = result.trace.size() > most ? result.trace.size() - most : 0;
  fmt::print("{} after {} steps:\n", result.rule, result.trace.size() - 1);
  if (skipped > 0) fmt::print("  ... {} steps before\n", skipped);
  for (std::size_t i = skipped; i < result.trace.size(); ++i) fmt::print("  {}\n", result.trace[i]);
}

std::string_view to_string(Result::Verdict verdict) {
  switch (verdict) {
    case Result::Verdict::holds: return "holds";
    case Result::Verdict::violated: return "VIOLATED";
    case Result::Verdict::deadlock: return "DEADLOCK";
    case Result::Verdict::end_unreachable: return "END UNREACHABLE";
  }
  return "?";
}

/// Rules hold, and the number of states is the documented one: otherwise the model is not what it was.
bool run_table(std::span<const Expectation> table) {
  bool as_expected = true;
  std::size_t all_states = 0;
  for (const Expectation& expectation : table) {
    const Result result = search(expectation.configuration, expectation.reach_end);
    const bool same_states = result.states == expectation.states;
    fmt::print("{:<54} {:<68} {:>10} states {:>6.1f} s  {}{}\n", expectation.what, describe(expectation.configuration),
               result.states, result.seconds, to_string(result.verdict),
               expectation.reach_end ? ", end reachable" : "");
    if (result.verdict != Result::Verdict::holds) {
      print_trace(result);
    } else if (!same_states) {
      fmt::print("  expected {} states: the model has changed\n", expectation.states);
    }
    std::fflush(stdout);
    as_expected = as_expected && same_states && result.verdict == Result::Verdict::holds;
    all_states += result.states;
  }
  rusage used{};
  getrusage(RUSAGE_SELF, &used);
  fmt::print("{} searches, {} states, at most {} MB of memory\n", table.size(), all_states, used.ru_maxrss / 1024);
  return as_expected;
}

bool find_mutants() {
  bool all_found = true;
  for (int number = 1; number <= mutant_count; ++number) {
    const auto mutant = static_cast<Mutant>(number);
    const Result result = search(bounds_for(mutant), /*reach_end=*/false);
    const bool found = result.verdict != Result::Verdict::holds;
    fmt::print("{:>2} {:<31} {:>9} states {:>5.1f} s  {}\n", number, to_string(mutant), result.states, result.seconds,
               found ? fmt::format("{} after {} steps", result.rule, result.trace.size() - 1) : "NOT FOUND");
    all_found = all_found && found;
  }
  return all_found;
}

bool check(std::span<char* const> arguments) {
  Configuration configuration;
  bool reach_end = false;
  for (const std::string_view argument : arguments) {
    if (argument == "reach_end") {
      reach_end = true;
    } else if (!assign(configuration, argument)) {
      fmt::print(stderr, "slab_ring_model: {} sets nothing, or is out of range\n{}", argument, usage);
      return false;
    }
  }
  const Result result = search(configuration, reach_end);
  fmt::print("{}: {}, {} states, {} steps, depth {}, {} final, {:.1f} s\n", describe(configuration),
             to_string(result.verdict), result.states, result.steps, result.depth, result.final_states, result.seconds);
  if (result.verdict != Result::Verdict::holds) print_trace(result);
  return result.verdict == Result::Verdict::holds;
}

int run(std::span<char* const> arguments) {
  const std::string_view command = arguments.empty() ? "" : arguments[0];
  if (command == "small") return run_table(small_searches()) ? 0 : 1;
  if (command == "full") return run_table(full_searches()) ? 0 : 1;
  if (command == "mutants") return find_mutants() ? 0 : 1;
  if (command == "check") return check(arguments.subspan(1)) ? 0 : 1;
  fmt::print(stderr, "{}", usage);
  return 2;
}

}  // namespace
}  // namespace slabring::model

int main(int argc, char** argv) {
  return slabring::model::run(std::span<char* const>(argv, static_cast<std::size_t>(argc)).subspan(1));
}
