#include "ring/crew.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <new>
#include <stdexcept>
#include <utility>

#include "base/unique_fd.hpp"
#include "ring/crew_processes.hpp"

namespace slabring::ring {
namespace {

using Clock = std::chrono::steady_clock;

/// Readable before the deadline.
bool becomes_readable(int fd, Clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
  pollfd polled{.fd = fd, .events = POLLIN, .revents = 0};
  return poll(&polled, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0))) > 0;
}

/// A child of the test.
class Process {
 public:
  /// `body` never returns.
  template <class Body>
  explicit Process(Body body) : id_(fork()) {
    if (id_ == 0) body();
    ended_ = UniqueFd(static_cast<int>(syscall(SYS_pidfd_open, id_, 0)));
  }
  pid_t id() const noexcept { return id_; }

  Ending wait_until(Clock::time_point deadline) {
    const bool ended = becomes_readable(ended_.get(), deadline);
    if (!ended) kill(id_, SIGKILL);
    int status = 0;
    waitpid(id_, &status, 0);
    if (!ended) return Ending::still_running;
    if (WIFSIGNALED(status)) return WTERMSIG(status) == SIGKILL ? Ending::killed : Ending::failed;
    if (WEXITSTATUS(status) == crew_trainer_gone) return Ending::lost_trainer;
    return WEXITSTATUS(status) == crew_done ? Ending::finished : Ending::failed;
  }

 private:
  pid_t id_;
  UniqueFd ended_;
};

/// Ends when the last process that held its writing end is gone: how a successor knows that nobody writes any more.
class LifePipe {
 public:
  LifePipe() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
    reading_ = UniqueFd(ends[0]);
    writing_ = UniqueFd(ends[1]);
  }
  void close_mine() { writing_ = UniqueFd(); }
  bool all_gone_by(Clock::time_point deadline) const { return becomes_readable(reading_.get(), deadline); }

 private:
  UniqueFd reading_;
  UniqueFd writing_;
};

}  // namespace

Crew::Crew(CrewPlan plan)
    : plan_(std::move(plan)),
      ring_(Shape{.batch_size = plan_.batch_size,
                  .slabs = plan_.slabs,
                  .workers = plan_.workers,
                  .row_bytes = plan_.row_bytes}),
      report_memory_(sizeof(CrewReport)),
      report_(*new (report_memory_.begin()) CrewReport) {}

void Crew::run(std::chrono::seconds limit) {
  const auto deadline = Clock::now() + limit;
  const CrewWorld world{plan_, ring_, report_};
  Process trainer([&] { run_crew_trainer(world); });
  int generation = 0;
  do {
    LifePipe life;  // after the trainer, which must not hold it
    Process coordinator([&] { run_crew_coordinator(world, generation, trainer.id()); });
    life.close_mine();
    coordinator_ = coordinator.wait_until(deadline);
    workers_gone_ = life.all_gone_by(deadline);
    ++generation;
  } while (coordinator_ == Ending::killed && workers_gone_);
  trainer_ = trainer.wait_until(deadline);
}

}  // namespace slabring::ring
