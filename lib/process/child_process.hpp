#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

#include "base/unique_fd.hpp"

namespace slabring {

/// How a process ended.
struct Ending {
  bool by_signal = false;
  int code = 0;  ///< the signal, or the exit status
  /// It died of its own doing: a fault, an abort, a broken sandbox rule, or an exit nobody asked for; not SIGKILL or
  /// SIGTERM from outside.
  bool own_doing() const noexcept;
  /// "was killed by SIGSEGV" or "ended with exit status 3".
  std::string describe() const;
};

/// A descriptor that becomes readable when the process ends. Empty when the kernel has none (before 5.3) or the process
/// is gone.
UniqueFd open_pidfd(pid_t pid) noexcept;

/// True once the process behind `pidfd` has ended: from then on none of its stores can become visible any more.
bool has_ended(int pidfd) noexcept;

/// Reaps a child that has ended or is about to; nullopt when somebody else reaped it (a host that ignores SIGCHLD).
std::optional<Ending> reap(pid_t pid) noexcept;

/// SIGKILL. Through `pidfd` it cannot hit a later process of the same number; without one `pid` must be a child.
void kill_process(int pidfd, pid_t pid) noexcept;

/// Waits for `pidfd` at most that long; true: it has ended.
bool wait_for_end(int pidfd, int timeout_ms) noexcept;

/// In a coordinator or worker, first thing: every signal the host caught or blocked is default and unblocked; SIGINT
/// and SIGPIPE are ignored (Ctrl-C is the trainer's to decide about). Async-signal-safe: no allocation, no locks.
void reset_signals() noexcept;

/// In a child, after reset_signals(): SIGKILL when the parent's thread that made us ends; ends at once when the parent
/// is gone already. Only for children of the single-threaded coordinator. Async-signal-safe.
void die_with_parent(pid_t parent) noexcept;

/// /proc/PID/comm, at most 15 characters.
void name_process(const char* name) noexcept;

/// "a thread besides this one is alive" or similar when fork() of the caller is not safe; nullopt: it is.
std::optional<std::string> reason_not_to_fork();

}  // namespace slabring
