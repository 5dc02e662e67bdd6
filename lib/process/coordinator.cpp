#include "process/coordinator.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

#include "process/cgroup.hpp"
#include "slabring/error.hpp"
#include "sync/fault_point.hpp"

namespace slabring {
namespace {

const char* to_string(ring::Stage stage) noexcept {
  switch (stage) {
    case ring::Stage::idle: return "between samples";
    case ring::Stage::load: return "while the dataset loaded";
    case ring::Stage::read: return "while reading";
    case ring::Stage::decode: return "while decoding";
    case ring::Stage::transform: return "while transforming";
  }
  return "in an unknown stage";
}

constexpr auto stop_patience = std::chrono::seconds(2);

/// While pages are moved a worker's first writes to them wait, and a processor is busy: 24 ms for a ring of 40 MB,
/// which the first batch would pay. A run of a second has no use for huge pages.
constexpr auto huge_page_delay = std::chrono::seconds(1);

}  // namespace

Coordinator::Coordinator(RingMemory& memory, ControlChannel& channel, const Supervision& supervision, pid_t trainer,
                         StartWorker start, AttachPorter porter)
    : memory_(memory),
      channel_(channel),
      supervision_(supervision),
      trainer_(trainer),
      trainer_pidfd_(open_pidfd(trainer)),
      start_(std::move(start)),
      porter_(std::move(porter)),
      workers_(supervision.slots()),
      budget_(20.0 + 2.0 * supervision.workers, Clock::now()) {}

int Coordinator::run() {
  // Not PR_SET_PDEATHSIG: that fires when the trainer's THREAD that started us ends. Opened, then checked: the pid
  // cannot have been given to another process while it is our parent's.
  if (getppid() != trainer_ || !trainer_pidfd_) return 1;
  oom_kills_ = oom_kills();
  try {
    memory_.commit();
  } catch (const Error& error) {
    fail(error.what());
    return status_;
  }
  for (std::uint32_t slot = 0; slot < supervision_.workers; ++slot) start(slot);
  collapse_from_ = Clock::now() + huge_page_delay;
  ControlMessage ready;
  ready.kind = ControlMessage::Kind::ready;
  channel_.send(ready);
  while (!finished_) watch();
  return status_;
}

/// One round: sleep until something happens, then deal with it.
void Coordinator::watch() {
  std::vector<pollfd> entries{{trainer_pidfd_.get(), POLLIN, 0}, {channel_.fd(), POLLIN, 0}};
  for (const Worker& worker : workers_) entries.push_back({worker.pidfd.get(), POLLIN, 0});  // -1 is skipped
  porter_.watch(entries);
  if (poll(entries.data(), entries.size(), poll_timeout_ms(Clock::now())) < 0 && errno != EINTR) {
    fail("the coordinator cannot poll");
    return;
  }
  if (entries[0].revents != 0) return end_workers(true);   // the trainer has died
  if (entries[1].revents != 0) return end_workers(false);  // it closed its end: stop
  for (std::uint32_t slot = 0; slot < workers_.size(); ++slot) {
    if (entries[2 + slot].revents != 0) bury(slot);
  }
  receive_visitors();
  const auto now = Clock::now();
  kill_stalled(now);
  start_due(now);
  collapse_one_slab(now);
  const bool any = std::any_of(workers_.begin(), workers_.end(),
                               [](const Worker& worker) { return worker.running() || worker.waiting; });
  if (!any) fail(fmt::format("every worker is gone and none can be replaced; the last one {}", last_death_));
}

int Coordinator::poll_timeout_ms(Clock::time_point now) const {
  auto patience = std::chrono::milliseconds(-1);
  if (supervision_.timeout.count() > 0) {
    patience = std::clamp(supervision_.timeout / 4, std::chrono::milliseconds(10), std::chrono::milliseconds(1000));
  }
  const auto not_beyond = [&](Clock::time_point due) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(std::max(due - now, Clock::duration::zero()));
    patience = patience.count() < 0 ? left : std::min(patience, left);
  };
  if (slabs_to_collapse()) not_beyond(collapse_from_);
  for (const Worker& worker : workers_) {
    if (worker.waiting) not_beyond(worker.due);
  }
  return static_cast<int>(patience.count());
}

/// Requires: whoever had the slot is buried.
void Coordinator::clear(std::uint32_t slot) {
  Worker& worker = workers_[slot];
  ring::Slot& line = memory_.view().slot(slot);
  line.active.store(0);
  line.stage.store(ring::Stage::idle);
  line.sandbox.store(0);
  worker.done_before = line.done.load();
  worker.waiting = false;
  worker.stalled = false;
  worker.detached = false;
  worker.watched_ticket = 0;
}

void Coordinator::start(std::uint32_t slot) {
  Worker& worker = workers_[slot];
  ring::Slot& line = memory_.view().slot(slot);
  clear(slot);
  worker.pid = start_(slot);
  if (worker.pid <= 0) {
    worker.pid = -1;
    last_death_ = "could not be started";
    worker.record.death(true, false);
    return replace_or_give_up(slot);
  }
  line.pid.store(worker.pid);
  worker.pidfd = open_pidfd(worker.pid);
}

void Coordinator::replace_or_give_up(std::uint32_t slot) {
  Worker& worker = workers_[slot];
  if (worker.record.given_up()) return;
  worker.waiting = true;
  worker.due = Clock::now() + budget_.take(Clock::now());
}

void Coordinator::start_due(Clock::time_point now) {
  for (std::uint32_t slot = 0; slot < workers_.size(); ++slot) {
    if (workers_[slot].waiting && workers_[slot].due <= now) start(slot);
  }
}

void Coordinator::receive_visitors() {
  for (AttachPorter::Visitor& visitor : porter_.visitors()) {
    switch (visitor.wish) {
      case AttachRequest::Wish::join: admit(std::move(visitor)); break;
      case AttachRequest::Wish::detach: detach_all(visitor); break;
    }
  }
}

void Coordinator::admit(AttachPorter::Visitor visitor) {
  std::uint32_t slot = supervision_.workers;
  while (slot < workers_.size() && workers_[slot].running()) ++slot;
  if (slot == workers_.size()) {
    const auto why = fmt::format("all {} places for workers that join by hand are taken", supervision_.attachable);
    send_reply(visitor.socket.get(), AttachReply::refusal(why), {});
    return;
  }
  clear(slot);
  UniqueFd lifeline = porter_.admit(visitor, slot);
  if (!lifeline) return;
  Worker& worker = workers_[slot];
  worker.pid = visitor.pid;
  worker.pidfd = std::move(visitor.pidfd);
  worker.lifeline = std::move(lifeline);
  memory_.view().slot(slot).pid.store(worker.pid);
}

/// A kill whenever it comes is no harm to anybody: the row in hand goes back, and nobody is blamed.
void Coordinator::detach_all(const AttachPorter::Visitor& visitor) {
  AttachReply reply;
  reply.accepted = 1;
  for (std::uint32_t slot = supervision_.workers; slot < workers_.size(); ++slot) {
    Worker& worker = workers_[slot];
    if (!worker.running() || worker.detached) continue;
    worker.detached = true;
    kill_process(worker.pidfd.get(), worker.pid);
    ++reply.number;
  }
  send_reply(visitor.socket.get(), reply, {});
}

std::string Coordinator::what_it_held(std::uint32_t slot) const {
  const ring::Slot& line = memory_.view().slot(slot);
  if (line.active.load() == 0) return "between samples";
  return fmt::format("{} sample {}", to_string(line.stage.load()), line.sample.load());
}

/// Confirmed dead (its pidfd is readable), so what it held may be taken back.
void Coordinator::bury(std::uint32_t slot) {
  if (joined_by_hand(slot)) return bury_attached(slot);
  Worker& worker = workers_[slot];
  const pid_t pid = worker.pid;
  const Ending ending = reap(pid).value_or(Ending{true, SIGKILL});
  worker.pidfd.reset();
  worker.pid = -1;

  const bool out_of_memory = ran_out_of_memory(worker, ending);
  const bool own = ending.own_doing() || worker.stalled || out_of_memory;
  last_death_ = fmt::format("{} {}", cause_of_death(worker, ending, out_of_memory), what_it_held(slot));
  memory_.view().counters().deaths.fetch_add(1);  // before the rows: whoever sees them sees the death counted
  const auto recovered = take_back(slot, own ? ring::crash_weight : ring::kill_weight, last_death_);
  worker.record.death(own, memory_.view().slot(slot).done.load() != worker.done_before);
  if (recovered.quarantined > 0) worker.record.forgive();
  report_death(slot, pid, last_death_, recovered);
  replace_or_give_up(slot);
}

/// Nobody's child: how it ended is not to be known, so it weighs little, and it is not replaced.
void Coordinator::bury_attached(std::uint32_t slot) {
  Worker& worker = workers_[slot];
  const pid_t pid = std::exchange(worker.pid, -1);
  worker.pidfd.reset();
  worker.lifeline.reset();

  const std::string death =
      fmt::format("{} {}", worker.stalled ? cause_of_death(worker, {}, false) : "had joined by hand and has ended",
                  what_it_held(slot));
  if (worker.detached) {
    take_back(slot, 0, death);
    return;
  }
  memory_.view().counters().deaths.fetch_add(1);
  report_death(slot, pid, death, take_back(slot, worker.stalled ? ring::crash_weight : ring::kill_weight, death));
}

/// The rows that the dead worker held are free for others, or given up; the slot is free for another worker.
ring::Recovered Coordinator::take_back(std::uint32_t slot, std::uint32_t weight, const std::string& death) {
  const ring::View& view = memory_.view();
  const auto verdict = workers_[slot].stalled ? SampleStatus::stalled : SampleStatus::quarantined;
  const auto text = fmt::format("its workers died over it again and again; the last one {}", death);
  const auto recovered = ring::recover(view, slot, weight, {verdict, text, supervision_.give_up_at()});
  view.slot(slot).generation.fetch_add(1);
  view.slot(slot).pid.store(0);
  return recovered;
}

/// SIGKILL says nothing of its sender; that the group's counter rose says it was the kernel.
bool Coordinator::ran_out_of_memory(const Worker& worker, const Ending& ending) {
  if (worker.stalled || !ending.by_signal || ending.code != SIGKILL) return false;
  const std::uint64_t now = oom_kills();
  const bool rose = now > oom_kills_;
  oom_kills_ = now;
  return rose;
}

std::string Coordinator::cause_of_death(const Worker& worker, const Ending& ending, bool out_of_memory) const {
  if (worker.stalled) {
    return fmt::format("was killed after {} s without finishing",
                       static_cast<double>(supervision_.timeout.count()) / 1000);
  }
  if (!out_of_memory) return ending.describe();
  return fmt::format("{} by the kernel for want of memory (oom_kill of its control group rose to {})",
                     ending.describe(), oom_kills_);
}

void Coordinator::report_death(std::uint32_t slot, pid_t pid, const std::string& text,
                               const ring::Recovered& recovered) {
  ControlMessage message;
  message.kind = ControlMessage::Kind::death;
  message.slot = slot;
  message.pid = pid;
  message.rows_redone = recovered.freed;
  message.quarantined = recovered.quarantined;
  message.set_text(text);
  channel_.send(message);  // lost when the trainer does not look: it is news, not state
}

/// Only kills: the rows come back when the death is confirmed, never on suspicion.
void Coordinator::kill_stalled(Clock::time_point now) {
  if (supervision_.timeout.count() <= 0) return;
  for (std::uint32_t slot = 0; slot < workers_.size(); ++slot) {
    Worker& worker = workers_[slot];
    if (!worker.running() || worker.stalled) continue;
    const std::uint64_t active = memory_.view().slot(slot).active.load();
    const std::uint64_t done = memory_.view().slot(slot).done.load();
    if (active == 0 || active != worker.watched_ticket || done != worker.watched_done) {
      worker.watched_ticket = active;
      worker.watched_done = done;
      worker.watched_since = now;
    } else if (now - worker.watched_since >= supervision_.timeout) {
      worker.stalled = true;
      kill_process(worker.pidfd.get(), worker.pid);
    }
  }
}

void Coordinator::fail(const std::string& text) {
  ControlMessage message;
  message.kind = ControlMessage::Kind::failed;
  message.set_text(text);
  channel_.send(message);
  end_workers(true);
  status_ = 1;
}

bool Coordinator::slabs_to_collapse() const noexcept {
  return supervision_.huge_pages && collapsed_slabs_ < memory_.view().shape().slabs;
}

/// A slab at a time between looks at the workers: 256 MB take some 200 ms.
void Coordinator::collapse_one_slab(Clock::time_point now) {
  if (!slabs_to_collapse() || now < collapse_from_) return;
  const ring::View& view = memory_.view();
  const std::size_t stride = memory_.data().bytes().size() / view.shape().slabs;
  const std::size_t collapsed = memory_.data().collapse_to_huge_pages(collapsed_slabs_ * stride, stride);
  view.counters().huge_page_bytes.fetch_add(collapsed);
  // What the kernel refuses once it will refuse again.
  collapsed_slabs_ = collapsed > 0 ? collapsed_slabs_ + 1 : view.shape().slabs;
}

void Coordinator::end_workers(bool at_once) {
  finished_ = true;
  memory_.view().pool().stop.store(1);
  memory_.view().pool().work.force();
  const auto deadline = Clock::now() + stop_patience;
  for (Worker& worker : workers_) {
    if (!worker.running()) continue;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
    const bool ended = !at_once && wait_for_end(worker.pidfd.get(), static_cast<int>(std::max<long>(0, left)));
    if (!ended) kill_process(worker.pidfd.get(), worker.pid);
  }
  for (std::uint32_t slot = 0; slot < supervision_.workers; ++slot) {
    if (workers_[slot].running()) reap(workers_[slot].pid);
  }
}

}  // namespace slabring
