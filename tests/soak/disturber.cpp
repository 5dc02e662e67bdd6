#include "disturber.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <fstream>
#include <random>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include "base/unique_fd.hpp"
#include "process/child_process.hpp"
#include "process/worker_program.hpp"

namespace slabring::soak {
namespace {

constexpr std::string_view worker_name = "slabring-work";
constexpr std::string_view coordinator_name = "slabring-coord";

struct Shared {
  Disturber::Deeds deeds;
  std::atomic<std::uint32_t> busy;
};

Shared* share() {
  void* const memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
  return new (memory) Shared{};
}

std::string name_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/comm");
  std::string name;
  std::getline(file, name);
  return name;
}

/// Never another process that was given the same number: the name is read while the descriptor holds the number.
bool signal_named(pid_t pid, std::string_view name, int signal_number) {
  const UniqueFd pidfd = open_pidfd(pid);
  if (!pidfd || name_of(pid) != name) return false;
  return syscall(SYS_pidfd_send_signal, pidfd.get(), signal_number, nullptr, 0) == 0;
}

/// What the disturber does all its life.
class Loop {
 public:
  Loop(Shared& shared, pid_t victim, std::uint64_t seed)
      : shared_(shared), victim_(victim), random_(seed), program_(find_worker_program("")) {
    signal(SIGCHLD, SIG_IGN);  // guests come and go
  }

  [[noreturn]] void run() {
    for (;;) {
      sleep_up_to(100);  // faster than coordinators may start workers would be another test
      shared_.busy.store(1);
      const std::uint32_t targets = shared_.deeds.targets.load();
      if (targets != Disturber::nobody) strike(targets);
      shared_.busy.store(0);
    }
  }

 private:
  void sleep_up_to(unsigned milliseconds) {
    std::this_thread::sleep_for(std::chrono::microseconds(random_() % (milliseconds * 1000U) + 200));
  }

  pid_t one_of(const std::vector<pid_t>& all) { return all[random_() % all.size()]; }

  void strike(std::uint32_t targets) {
    const std::vector<pid_t> coordinators = children_of(victim_);
    if (coordinators.empty()) return;
    const pid_t coordinator = one_of(coordinators);
    if ((targets & Disturber::guests) != 0 && random_() % 4 == 0) return visit(coordinator);
    const std::vector<pid_t> workers = children_of(coordinator);
    const auto dice = random_() % 20;
    if ((targets & Disturber::coordinators) != 0 && dice == 0) {
      shared_.deeds.coordinators_killed += signal_named(coordinator, coordinator_name, SIGKILL) ? 1 : 0;
    } else if ((targets & Disturber::coordinators) != 0 && dice == 1) {
      kill_crew(coordinator, workers);
    } else if (!workers.empty() && (targets & Disturber::workers) != 0) {
      if (dice < 8) return stop(one_of(workers));
      shared_.deeds.workers_killed += signal_named(one_of(workers), worker_name, SIGKILL) ? 1 : 0;
    }
  }

  /// Workers that join by hand come, are killed, or are all told to leave.
  void visit(pid_t coordinator) {
    const auto dice = random_() % 10;
    if (dice == 0) {
      start("--detach", coordinator);
    } else if (dice < 4 && !guests_.empty()) {
      syscall(SYS_pidfd_send_signal, guests_.back().get(), SIGKILL, nullptr, 0);
      guests_.pop_back();
      ++shared_.deeds.guests_killed;
    } else {
      guests_.push_back(start("--attach", coordinator));
      ++shared_.deeds.guests_sent;
    }
  }

  UniqueFd start(const char* option, pid_t coordinator) {
    const std::string number = std::to_string(coordinator);
    const pid_t pid = fork();
    if (pid > 0) return open_pidfd(pid);
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    for (const int standard : {0, 1, 2}) dup2(null, standard);
    execl(program_.c_str(), program_.c_str(), option, number.c_str(), nullptr);
    _exit(127);
  }

  void kill_crew(pid_t coordinator, const std::vector<pid_t>& workers) {
    for (const pid_t worker : workers) signal_named(worker, worker_name, SIGKILL);
    shared_.deeds.crews_killed += signal_named(coordinator, coordinator_name, SIGKILL) ? 1 : 0;
  }

  void stop(pid_t worker) {
    if (!signal_named(worker, worker_name, SIGSTOP)) return;
    ++shared_.deeds.workers_stopped;
    sleep_up_to(15);
    signal_named(worker, worker_name, SIGCONT);
  }

  Shared& shared_;
  pid_t victim_;
  std::mt19937_64 random_;
  std::string program_;
  std::vector<UniqueFd> guests_;  ///< some have ended
};

}  // namespace

std::vector<pid_t> children_of(pid_t parent) {
  const std::string id = std::to_string(parent);
  std::ifstream list("/proc/" + id + "/task/" + id + "/children");
  std::vector<pid_t> children;
  for (pid_t child = 0; list >> child;) children.push_back(child);
  return children;
}

Disturber::Disturber(std::uint64_t seed) {
  Shared* const shared = share();
  deeds_ = &shared->deeds;
  busy_ = &shared->busy;
  const pid_t victim = getpid();
  pid_ = fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (pid_ > 0) return;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  Loop(*shared, victim, seed).run();
}

Disturber::~Disturber() {
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  munmap(deeds_, sizeof(Shared));
}

void Disturber::turn_on(std::uint32_t targets) noexcept {
  deeds_->targets.store(targets);
  while (targets == nobody && busy_->load() != 0) std::this_thread::yield();
}

}  // namespace slabring::soak
