#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "configuration.hpp"
#include "state.hpp"

namespace slabring::model {

struct Result {
  enum class Verdict : std::uint8_t { holds, violated, deadlock, end_unreachable };
  Verdict verdict = Verdict::holds;
  std::size_t states = 0;
  std::size_t steps = 0;
  std::size_t final_states = 0;
  int depth = 0;
  double seconds = 0;
  std::string rule;                ///< the one that is violated
  std::vector<std::string> trace;  ///< how the run gets there, a line a step
};

/// Visits every state that the configuration can reach, breadth first, so that a trace is a shortest one.
///
/// Without futex time-outs: a state in which no process can take a step, other than by being killed, is a deadlock.
/// With `reach_end`, also checks that the end of the run can be reached from every state without another kill; that
/// needs memory for every step.
Result search(const Configuration& configuration, bool reach_end);

}  // namespace slabring::model
