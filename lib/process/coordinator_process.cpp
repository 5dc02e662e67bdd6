#include "process/coordinator_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <tuple>
#include <utility>

#include "process/child_process.hpp"
#include "process/coordinator.hpp"
#include "process/start_worker.hpp"
#include "process/worker_process.hpp"
#include "slabring/error.hpp"

extern "C" char** environ;  // NOLINT(readability-redundant-declaration): not declared without _GNU_SOURCE

namespace slabring {
namespace {

constexpr int end_patience_ms = 3000;  ///< more than the coordinator's own with its workers

/// Owns the attributes of one posix_spawn.
class SpawnAttributes {
 public:
  /// `above`: higher than every number that will be given.
  explicit SpawnAttributes(int above) : above_(above) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
  }
  ~SpawnAttributes() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&actions_);
  }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;

  /// SIGINT stays blocked until the coordinator ignores it, so that Ctrl-C cannot hit it in between.
  void block_interrupts() {
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGINT);
    posix_spawnattr_setsigmask(&attributes_, &blocked);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK);
  }

  /// The child gets `fd` as `number`.
  void give(int fd, int number) {
    // A copy above every target: no dup2 then hits a source that is still needed, or is a no-op that keeps FD_CLOEXEC.
    UniqueFd copy(fcntl(fd, F_DUPFD_CLOEXEC, above_));
    if (!copy) {
      throw Error(ErrorCode::io,
                  fmt::format("cannot duplicate a descriptor for the coordinator: {}", std::strerror(errno)));
    }
    posix_spawn_file_actions_adddup2(&actions_, copy.get(), number);
    copies_.push_back(std::move(copy));
  }

  pid_t start(const std::string& program) {
    char role[] = "--coordinator";
    std::string name = program;
    char* arguments[] = {name.data(), role, nullptr};
    pid_t pid = -1;
    const int error = posix_spawn(&pid, program.c_str(), &actions_, &attributes_, arguments, environ);
    if (error != 0) {
      throw Error(ErrorCode::process, fmt::format("cannot start '{}': {}", program, std::strerror(error)));
    }
    return pid;
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
  std::vector<UniqueFd> copies_;
  int above_;
};

struct LifePipe {
  UniqueFd reader;
  UniqueFd writer;
};

LifePipe make_life_pipe() {
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) {
    throw Error(ErrorCode::io, fmt::format("cannot make a pipe for the coordinator: {}", std::strerror(errno)));
  }
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

}  // namespace

CoordinatorProcess::CoordinatorProcess(pid_t pid, ControlChannel channel, UniqueFd life_pipe) noexcept
    : pid_(pid),
      owner_(getpid()),
      pidfd_(open_pidfd(pid)),
      channel_(std::move(channel)),
      life_pipe_(std::move(life_pipe)) {}

CoordinatorProcess::CoordinatorProcess(CoordinatorProcess&& other) noexcept { *this = std::move(other); }

CoordinatorProcess& CoordinatorProcess::operator=(CoordinatorProcess&& other) noexcept {
  if (this == &other) return *this;
  end();
  pid_ = std::exchange(other.pid_, -1);
  owner_ = std::exchange(other.owner_, -1);
  pidfd_ = std::move(other.pidfd_);
  channel_ = std::move(other.channel_);
  life_pipe_ = std::move(other.life_pipe_);
  has_ended_ = other.has_ended_;
  reaped_ = other.reaped_;
  return *this;
}

CoordinatorProcess::~CoordinatorProcess() { end(); }

CoordinatorProcess CoordinatorProcess::launch(const std::string& program, const WorkerSetup& setup,
                                              const RingMemory& memory) {
  ControlChannel ours;
  ControlChannel theirs;
  std::tie(ours, theirs) = ControlChannel::make_pair();
  LifePipe life = make_life_pipe();
  const UniqueFd setup_file = text_to_memfd("slabring-setup", setup.to_json());
  const int channel_fd = tables_fd + static_cast<int>(setup.dataset.fds.size());
  SpawnAttributes spawn(channel_fd + 1);
  spawn.block_interrupts();
  spawn.give(setup_file.get(), setup_fd);
  spawn.give(memory.control_fd(), control_memory_fd);
  spawn.give(memory.data_fd(), data_memory_fd);
  spawn.give(life.writer.get(), life_pipe_fd);
  int number = tables_fd;
  for (const int fd : setup.dataset.fds) spawn.give(fd, number++);
  spawn.give(theirs.fd(), channel_fd);
  return {spawn.start(program), std::move(ours), std::move(life.reader)};
}

CoordinatorProcess CoordinatorProcess::fork_here(RingMemory& memory, const Supervision& supervision, const Work& work) {
  ControlChannel ours;
  ControlChannel theirs;
  std::tie(ours, theirs) = ControlChannel::make_pair();
  const pid_t trainer = getpid();
  const pid_t pid = fork();
  if (pid < 0) {
    throw Error(ErrorCode::process, fmt::format("cannot fork the coordinator: {}", std::strerror(errno)));
  }
  if (pid > 0) return {pid, std::move(ours), UniqueFd()};
  // From here on the coordinator. It leaves by _exit: the trainer's buffers and atexit handlers are not ours to run.
  ours.close();
  reset_signals();
  name_process("slabring-coord");
  arm_fault_from_environment("SLABRING_COORDINATOR_FAULT");
  int status = 1;
  try {
    StartWorker start = fork_workers(memory.view(), work, ForkedDescriptors::keep_users);
    status = Coordinator(memory, theirs, supervision, trainer, std::move(start)).run();
  } catch (...) {
    status = 1;  // the trainer sees the exit status
  }
  _exit(status);
}

bool CoordinatorProcess::wait_until_ready() {
  for (;;) {
    pollfd entries[] = {{channel_.fd(), POLLIN, 0}, {pidfd_.get(), POLLIN, 0}};
    if (poll(entries, 2, -1) < 0 && errno != EINTR) {
      throw Error(ErrorCode::io, fmt::format("cannot wait for the coordinator: {}", std::strerror(errno)));
    }
    if (const auto message = channel_.receive()) {
      if (message->kind == ControlMessage::Kind::ready) return true;
      if (message->kind == ControlMessage::Kind::failed) {
        throw Error(ErrorCode::process, fmt::format("the coordinator could not start: {}", message->text_view()));
      }
      continue;  // a worker died already and is being replaced
    }
    if (entries[1].revents != 0) {
      has_ended_ = true;
      const auto ending = reap(pid_);
      reaped_ = true;
      if (life_pipe_ && ending && ending->by_signal && ending->code == SIGKILL) return false;
      throw Error(ErrorCode::process,
                  fmt::format("the coordinator {} before it was ready; it has to be slabring-worker "
                              "of the library's own version",
                              ending ? ending->describe() : "has ended"));
    }
  }
}

std::vector<ControlMessage> CoordinatorProcess::take_messages() {
  std::vector<ControlMessage> messages;
  while (auto message = channel_.receive()) messages.push_back(*message);
  return messages;
}

bool CoordinatorProcess::check_alive() noexcept {
  if (!has_ended_ && pidfd_ && slabring::has_ended(pidfd_.get())) has_ended_ = true;
  return alive();
}

std::string CoordinatorProcess::describe_end() {
  if (reaped_) return "has ended";
  reaped_ = true;
  const auto ending = reap(pid_);
  return ending ? ending->describe() : "has ended";
}

bool CoordinatorProcess::wait_until_workers_are_dead(int timeout_ms) noexcept {
  if (!life_pipe_) return false;
  pollfd entry{life_pipe_.get(), 0, 0};  // only its end: what a hostile worker writes is nothing to us
  int ready = 0;
  do {
    ready = poll(&entry, 1, timeout_ms);
  } while (ready < 0 && errno == EINTR);
  return ready == 1 && (entry.revents & POLLHUP) != 0;
}

void CoordinatorProcess::end() noexcept {
  if (pid_ <= 0) return;
  if (getpid() == owner_ && !reaped_) {
    channel_.shut_down();  // closing is not enough: a fork of this process may hold a copy
    if (!wait_for_end(pidfd_.get(), end_patience_ms)) kill(pid_, SIGKILL);
    reap(pid_);
  }
  channel_.close();
  life_pipe_.reset();
  pid_ = -1;
  pidfd_.reset();
}

}  // namespace slabring
