#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <random>
#include <vector>

#include "ring/crew_processes.hpp"

namespace slabring::ring {
namespace {

int open_pidfd(pid_t process) { return static_cast<int>(syscall(SYS_pidfd_open, process, 0)); }

/// Stops, continues and kills workers at random.
class Storm {
 public:
  Storm(std::uint32_t seed, std::size_t workers) : random_(seed), stopped_(workers) {}

  std::chrono::microseconds until_next() { return std::chrono::microseconds{100 + random_() % 1500}; }

  /// Returns how many processes it stopped.
  std::uint64_t strike(const std::vector<pid_t>& workers) {
    calm(workers);
    const std::size_t victim = random_() % workers.size();
    if (random_() % 4 != 0) {
      kill(workers[victim], SIGKILL);
      return 0;
    }
    kill(workers[victim], SIGSTOP);
    stopped_[victim] = true;
    if (random_() % 2 == 0) kill(workers[random_() % workers.size()], SIGKILL);  // perhaps the stopped one
    return 1;
  }

  void calm(const std::vector<pid_t>& workers) {
    for (std::size_t slot = 0; slot < workers.size(); ++slot) {
      if (stopped_[slot]) kill(workers[slot], SIGCONT);
      stopped_[slot] = false;
    }
  }

 private:
  std::mt19937 random_;
  std::vector<bool> stopped_;
};

class CrewCoordinator {
 public:
  CrewCoordinator(const CrewWorld& world, pid_t trainer)
      : world_(world), workers_(world.plan.workers), polled_(world.plan.workers + 1) {
    polled_.back() = {.fd = open_pidfd(trainer), .events = POLLIN, .revents = 0};
  }

  [[noreturn]] void run(int generation) {
    if (generation > 0) {
      for (std::uint32_t slot = 0; slot < world_.plan.workers; ++slot) recover_slot(slot, kill_weight);
      ++world_.report.coordinator_deaths;
    }
    for (std::uint32_t slot = 0; slot < world_.plan.workers; ++slot) start(slot);
    Storm storm(world_.plan.storm_seed, workers_.size());
    while (running_ > 0) {
      if (wait_for_a_death(storm)) bury_the_dead();
    }
    _exit(crew_done);
  }

 private:
  bool storming() const { return world_.plan.storm_seed != 0 && world_.report.worker_deaths < world_.plan.deaths; }

  /// False: it was time for the storm.
  bool wait_for_a_death(Storm& storm) {
    if (!storming()) {
      storm.calm(workers_);
      return poll(polled_.data(), polled_.size(), -1) > 0;
    }
    const auto pause = storm.until_next();
    const timespec limit{.tv_sec = 0, .tv_nsec = pause.count() * 1000};
    if (ppoll(polled_.data(), polled_.size(), &limit, nullptr) > 0) return true;
    world_.report.stops += storm.strike(workers_);
    return false;
  }

  void bury_the_dead() {
    for (std::uint32_t slot = 0; slot < world_.plan.workers; ++slot) {
      if (polled_[slot].revents != 0) bury(slot);
    }
    if (polled_.back().revents != 0) after_the_trainer();
  }

  /// Stopped or not, it will never wake anybody again.
  void after_the_trainer() {
    polled_.back() = {.fd = -1, .events = 0, .revents = 0};
    Pool& pool = world_.ring.view().pool();
    if (pool.stop.load() != 0) return pool.work.force();  // it may have died between the flag and the bell
    for (const pid_t worker : workers_) kill(worker, SIGKILL);
    while (waitpid(-1, nullptr, 0) > 0) {
    }
    _exit(crew_trainer_gone);
  }

  void bury(std::uint32_t slot) {
    siginfo_t death{};
    waitid(P_PID, static_cast<id_t>(workers_[slot]), &death, WEXITED);
    close(polled_[slot].fd);
    polled_[slot] = {.fd = -1, .events = 0, .revents = 0};
    --running_;
    if (death.si_code == CLD_EXITED && death.si_status == crew_done) return;
    const bool killed_from_outside = death.si_code == CLD_KILLED && death.si_status == SIGKILL;
    recover_slot(slot, killed_from_outside ? kill_weight : crash_weight);
    ++world_.report.worker_deaths;
    start(slot);
  }

  void recover_slot(std::uint32_t slot, std::uint32_t weight) {
    world_.report.rows_redone += world_.ring.bury(slot, weight).freed;
    world_.ring.view().slot(slot).active.store(0);
  }

  void start(std::uint32_t slot) {
    const std::uint32_t generation = world_.ring.view().slot(slot).generation.fetch_add(1);
    const pid_t coordinator = getpid();
    const pid_t worker = fork();
    if (worker == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      if (getppid() != coordinator) _exit(crew_lost_its_parent);
      run_crew_worker(world_, slot, generation);
    }
    workers_[slot] = worker;
    polled_[slot] = {.fd = open_pidfd(worker), .events = POLLIN, .revents = 0};
    ++running_;
  }

  const CrewWorld& world_;
  std::vector<pid_t> workers_;
  std::vector<pollfd> polled_;  ///< the workers' pidfds by slot, then the trainer's
  std::uint32_t running_ = 0;
};

}  // namespace

void run_crew_coordinator(const CrewWorld& world, int generation, pid_t trainer) {
  world.plan.in_coordinator(generation);
  CrewCoordinator(world, trainer).run(generation);
}

}  // namespace slabring::ring
