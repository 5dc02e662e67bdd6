#include "process/child_process.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>

namespace slabring {

bool Ending::own_doing() const noexcept {
  if (!by_signal) return true;
  return code != SIGKILL && code != SIGTERM && code != SIGHUP && code != SIGINT && code != SIGQUIT;
}

std::string Ending::describe() const {
  if (!by_signal) return fmt::format("ended with exit status {}", code);
  const char* name = sigabbrev_np(code);
  return name != nullptr ? fmt::format("was killed by SIG{}", name) : fmt::format("was killed by signal {}", code);
}

UniqueFd open_pidfd(pid_t pid) noexcept { return UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))); }

bool has_ended(int pidfd) noexcept { return wait_for_end(pidfd, 0); }

void kill_process(int pidfd, pid_t pid) noexcept {
  if (pidfd >= 0) {
    syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0);
  } else {
    kill(pid, SIGKILL);
  }
}

bool wait_for_end(int pidfd, int timeout_ms) noexcept {
  pollfd entry{pidfd, POLLIN, 0};
  int ready = 0;
  do {
    ready = poll(&entry, 1, timeout_ms);
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

std::optional<Ending> reap(pid_t pid) noexcept {
  siginfo_t info{};
  int result = 0;
  do {
    result = waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED);
  } while (result != 0 && errno == EINTR);
  if (result != 0) return std::nullopt;
  return Ending{info.si_code != CLD_EXITED, info.si_status};
}

void reset_signals() noexcept {
  for (int number = 1; number < NSIG; ++number) {
    if (number == SIGKILL || number == SIGSTOP) continue;
    struct sigaction action {};
    if (sigaction(number, nullptr, &action) != 0 || action.sa_handler == SIG_DFL) continue;
    action = {};
    action.sa_handler = SIG_DFL;
    sigaction(number, &action, nullptr);
  }
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGINT, &ignore, nullptr);
  sigaction(SIGPIPE, &ignore, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

void die_with_parent(pid_t parent) noexcept {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(126);  // it died before the prctl
}

void name_process(const char* name) noexcept { prctl(PR_SET_NAME, name); }

std::optional<std::string> reason_not_to_fork() {
  namespace fs = std::filesystem;
  std::error_code ignored;
  int threads = 0;
  for (fs::directory_iterator it("/proc/self/task", ignored), end; it != end; it.increment(ignored)) ++threads;
  if (threads > 1) {
    return fmt::format(
        "the calling process has {} threads, and a lock that another one holds would stay locked in the "
        "workers for ever",
        threads);
  }
  for (fs::directory_iterator it("/proc/self/fd", ignored), end; it != end; it.increment(ignored)) {
    const std::string target = fs::read_symlink(it->path(), ignored).string();
    if (target.starts_with("/dev/nvidia")) {
      return fmt::format("the calling process has {} open, and a GPU context does not survive fork", target);
    }
  }
  return std::nullopt;
}

}  // namespace slabring
