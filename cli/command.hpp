#pragma once

#include <functional>
#include <stdexcept>

namespace CLI {
class App;
}

namespace slabring::cli {

/// Exit statuses: a contract that scripts rely on.
inline constexpr int exit_done = 0;
inline constexpr int exit_failed = 1;  ///< the work failed
inline constexpr int exit_usage = 2;   ///< wrong usage: nothing was begun

/// Wrong usage that shows after parsing. The message names the option and its value, and what would be right.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// One command: its part of the command line, and what it does once that is parsed. `run` returns an exit status and
/// throws UsageError, slabring::Error or what the standard library throws; main() turns those into a sentence on
/// stderr and the status.
struct Command {
  CLI::App* app = nullptr;
  std::function<int()> run;
};

Command add_bench(CLI::App& program);
Command add_digest(CLI::App& program);
Command add_decode(CLI::App& program);
Command add_preview(CLI::App& program);
Command add_ops(CLI::App& program);
Command add_verify(CLI::App& program);
Command add_synth(CLI::App& program);
Command add_pack(CLI::App& program);
Command add_unpack(CLI::App& program);

}  // namespace slabring::cli
