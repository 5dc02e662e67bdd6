#include "process/start_worker.hpp"

#include <boost/process/child.hpp>
#include <boost/process/extend.hpp>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <utility>

#include "process/worker_process.hpp"

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)  // Linux 5.11; missing from the headers of Debian 12's libc in <unistd.h>
#endif

namespace slabring {
namespace {

namespace bp = boost::process;

constexpr int first_inherited = 3;

}  // namespace

void move_descriptors(const std::vector<int>& inherited, std::vector<int>& room) noexcept {
  // First out of the way, above every target: then no dup2 hits a source that is still needed, or is a no-op that keeps
  // FD_CLOEXEC.
  const int above = first_inherited + static_cast<int>(inherited.size());
  for (std::size_t i = 0; i < inherited.size(); ++i) room[i] = fcntl(inherited[i], F_DUPFD_CLOEXEC, above);
  syscall(SYS_close_range, first_inherited, ~0U, CLOSE_RANGE_CLOEXEC);
  for (std::size_t i = 0; i < room.size(); ++i) dup2(room[i], first_inherited + static_cast<int>(i));
}

void keep_only_the_life_pipe() noexcept {
  dup2(life_pipe_fd, worker_life_pipe_fd);
  syscall(SYS_close_range, worker_life_pipe_fd + 1, ~0U, 0);
}

void keep_only_the_life_pipe_and(int other) noexcept {
  dup2(life_pipe_fd, worker_life_pipe_fd);
  dup2(other, worker_lifeline_fd);  // `other` is above both
  syscall(SYS_close_range, worker_lifeline_fd + 1, ~0U, 0);
}

StartWorker fork_workers(const ring::View& view, const Work& work, ForkedDescriptors descriptors) {
  const pid_t coordinator = getpid();
  return [view, work, coordinator, descriptors](std::uint32_t slot) -> pid_t {
    const pid_t pid = fork();
    if (pid != 0) return pid;
    if (descriptors == ForkedDescriptors::close_all) keep_only_the_life_pipe();
    run_worker(view, slot, coordinator, work);
    _exit(0);
  };
}

StartWorker spawn_workers(std::vector<std::string> command, std::vector<int> inherited) {
  const pid_t coordinator = getpid();
  std::vector<int> moved(inherited.size());
  return [coordinator, command = std::move(command), inherited = std::move(inherited),
          moved = std::move(moved)](std::uint32_t slot) mutable -> pid_t {
    const auto in_child = [&](auto&) {
      die_with_parent(coordinator);
      move_descriptors(inherited, moved);
    };
    std::error_code error;
    std::vector<std::string> arguments(command.begin() + 1, command.end());
    arguments.insert(arguments.end(), {"--worker", std::to_string(slot)});
    bp::child child(command.front(), arguments, bp::extend::on_exec_setup = in_child, error);
    if (error) return -1;
    const pid_t pid = child.id();
    child.detach();  // liveness is a pidfd, the exit status is waitid's
    return pid;
  };
}

}  // namespace slabring
