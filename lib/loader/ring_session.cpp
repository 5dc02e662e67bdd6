#include "loader/ring_session.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <string_view>
#include <utility>

#include "loader/resolve_options.hpp"
#include "plan/substitute.hpp"
#include "process/sandbox.hpp"
#include "ring/owner_word.hpp"
#include "ring/recovery.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

/// A wait is cut so that the death of the coordinator is seen without anybody ringing.
constexpr std::chrono::milliseconds wait_slice{100};

/// Coordinators that may die one after the other without one row getting done.
constexpr int most_futile_takeovers = 5;

constexpr std::size_t most_failed_samples = 10'000;

}  // namespace

RingSession::RingSession(RingMemory memory, const Work& work, const LoaderOptions& options, const RowShape& row_shape)
    : memory_(std::move(memory)),
      port_(memory_.view()),
      work_(work),
      options_(options),
      row_shape_(row_shape),
      extra_arrays_(work.dataset->extra_arrays().begin(), work.dataset->extra_arrays().end()),
      classes_(work.program->batch_mix() != nullptr ? work.program->batch_mix()->classes() : 0),
      plan_(plan_options(*work.dataset, options)),
      owner_(getpid()),
      slabs_(memory_.view().shape().slabs),
      occurrences_(memory_.view().shape().batch_size),
      before_(slabs_.size()) {
  for (SlabState& slab : slabs_) {
    slab.ids.reserve(memory_.view().shape().batch_size);
    slab.statuses.reserve(memory_.view().shape().batch_size);
  }
  if (*options_.workers == 0) own_worker_.emplace(memory_.view(), 0, *work.dataset, *work.program, work.rows);
}

RingSession::~RingSession() { close(); }

void RingSession::supervise(CoordinatorProcess coordinator, Relaunch relaunch) {
  coordinator_ = std::move(coordinator);
  relaunch_ = std::move(relaunch);
}

bool RingSession::in_owner() const noexcept { return getpid() == owner_; }

void RingSession::refuse_forks() const {
  if (in_owner()) return;
  throw Error(ErrorCode::process,
              fmt::format("the loader is process {}'s, and this is a fork of it, which has none of the ring; make a "
                          "Loader here",
                          owner_));
}

void RingSession::close() noexcept {
  if (!in_owner()) return;  // also: the mutex may be held for ever here, by a thread that was not forked
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return;
    closed_ = true;
  }
  port_.stop();
  coordinator_.end();
}

std::optional<std::uint32_t> RingSession::slab_of(std::uint64_t batch) const noexcept {
  for (std::uint32_t slab = 0; slab < slabs_.size(); ++slab) {
    if (slabs_[slab].phase == SlabState::Phase::armed && slabs_[slab].batch == batch) return slab;
  }
  return std::nullopt;
}

/// Hands every free slab the next batch of the plan, across the end of the epoch: there is no bubble there.
/// Requires: mutex_ is held.
void RingSession::arm_free_slabs() {
  if (closed_ || plan_.batches() == 0) return;
  for (std::uint32_t slab = 0; slab < slabs_.size(); ++slab) {
    SlabState& state = slabs_[slab];
    if (state.phase != SlabState::Phase::free) continue;
    auto planned = plan_.batch_at(arm_position_);
    if (!planned) {
      if (options_.epochs != 0 && epochs_begun_ >= options_.epochs && arm_epoch_ == epoch_) return;
      ++arm_epoch_;
      planned = plan_.batch_at(0);
    }
    state.plan = *planned;
    state.epoch = arm_epoch_;
    state.ids.assign(planned->rows, no_sample);
    plan_.ids(state.epoch, state.plan, state.ids, occurrences_);
    state.batch = armed_++;
    state.phase = SlabState::Phase::armed;
    arm_position_ = planned->next;
    port_.arm(slab, state.batch, state.epoch, std::span(state.ids).first(planned->filled), planned->mix_number,
              occurrences_);
  }
}

/// Gives up what is armed and not delivered: unclaimed rows at once, claimed ones when their workers have finished.
/// Requires: mutex_ is held.
void RingSession::cancel_armed() {
  for (std::uint32_t slab = 0; slab < slabs_.size(); ++slab) {
    if (slabs_[slab].phase == SlabState::Phase::armed) port_.cancel(slab, slabs_[slab].batch, slabs_[slab].plan.filled);
  }
  for (std::uint32_t slab = 0; slab < slabs_.size(); ++slab) {
    if (slabs_[slab].phase != SlabState::Phase::armed) continue;
    wait_complete(slab);
    slabs_[slab].phase = SlabState::Phase::free;
  }
  deliver_ = armed_;
}

void RingSession::begin(std::uint64_t number, std::uint64_t first) {
  refuse_forks();
  const std::lock_guard lock(mutex_);
  const auto head = slab_of(deliver_);
  const bool prefetched = head && slabs_[*head].epoch == number && slabs_[*head].plan.position == first;
  // With every slab held nothing is armed, but what comes next may still be the right epoch.
  const bool next_up = started_ && deliver_ == armed_ && arm_epoch_ == number && arm_position_ == first;
  epoch_ = number;
  position_ = first;
  batches_before_epoch_ = counted_.batches;
  ++epochs_begun_;
  started_ = true;
  if (!prefetched && !next_up) {
    cancel_armed();
    arm_epoch_ = number;
    arm_position_ = first;
  }
  arm_free_slabs();
}

bool RingSession::is_ready() const {
  refuse_forks();
  if (!started_ || closed_ || ends_at(position_)) return false;
  const std::lock_guard lock(mutex_);
  const auto slab = slab_of(deliver_);
  return slab && port_.complete(*slab);
}

RingSession::Progress RingSession::progress(std::uint32_t ahead) const {
  if (ahead == 0) {
    return {{epoch_, position_}, counted_.batches, counted_.samples, counted_.padded, counted_.absent, counted_.faults};
  }
  const std::uint64_t delivered = counted_.batches - batches_before_epoch_;
  if (ahead > delivered || ahead > before_.size()) {
    throw Error(
        ErrorCode::invalid_argument,
        fmt::format("ahead is {}; of this epoch {} batches were delivered, and the ring has {} slabs; it can be no "
                    "more than either",
                    ahead, delivered, before_.size()));
  }
  return before_[(counted_.batches - ahead) % before_.size()];
}

Batch RingSession::next(const std::function<void()>& while_waiting) {
  refuse_forks();
  if (!started_) throw Error(ErrorCode::invalid_argument, "next() was called before epoch(): no epoch is begun");
  if (closed_) throw Error(ErrorCode::process, "the loader is closed");
  if (ends_at(position_)) return {};
  std::optional<std::uint32_t> slab;
  {
    const std::lock_guard lock(mutex_);
    arm_free_slabs();
    slab = slab_of(deliver_);
  }
  if (!slab) {
    throw Error(
        ErrorCode::ring_exhausted,
        fmt::format("all {} slabs of the ring are held by batches that were not released, so no further batch can "
                    "arrive; release some, or raise prefetch to at least the number held + 2",
                    slabs_.size()));
  }
  wait_complete(*slab, while_waiting);
  take(*slab);
  Batch batch(shared_from_this(), *slab);
  if (options_.on_error == OnError::raise && !state(*slab).faults.empty()) {
    throw SampleError(state(*slab).faults.front());  // `batch` gives the slab back
  }
  return batch;
}

/// The slab becomes the caller's; from here on its numbers are private copies.
void RingSession::take(std::uint32_t slab) {
  const std::lock_guard lock(mutex_);
  SlabState& state = slabs_[slab];
  state.phase = SlabState::Phase::held;
  state.statuses.clear();
  state.faults.clear();
  for (std::uint32_t row = 0; row < state.plan.filled; ++row) take_row(slab, row);
  for (std::uint32_t row = state.plan.filled; row < state.plan.rows; ++row) clear_row(slab, row);
  before_[counted_.batches % before_.size()] = progress(0);
  ++deliver_;
  position_ = state.plan.next;
  ++counted_.batches;
  counted_.faults += state.faults.size();
  counted_.samples += state.plan.filled;
  counted_.padded += state.plan.filled - state.plan.own;
  counted_.absent += state.plan.rows - state.plan.filled;
}

void RingSession::take_row(std::uint32_t slab, std::uint32_t row) {
  SlabState& state = slabs_[slab];
  SampleStatus& status = state.statuses.emplace_back(known_status(view().row(slab, row).status));
  if (status != SampleStatus::ok) {
    state.faults.push_back(fault_of(slab, row));
    remember(state.faults.back());
    if (const auto substitute = state.faults.back().substitute) state.ids[row] = *substitute;
  }
  // Of a row that repeats this is what counts, also where another sample stands in: whoever evaluates leaves it out.
  const bool sound = status == SampleStatus::ok || status == SampleStatus::substituted;
  if (sound && row >= state.plan.own) status = SampleStatus::padded;
}

/// A row without a sample: no worker was ever told of it.
void RingSession::clear_row(std::uint32_t slab, std::uint32_t row) {
  slabs_[slab].statuses.push_back(SampleStatus::absent);
  ring::blank_row(view(), slab, row);
}

SampleFault RingSession::fault_of(std::uint32_t slab, std::uint32_t row) const {
  const SlabState& state = slabs_[slab];
  const SampleId id = state.ids[row];
  const char* text = view().message(slab, row).text;
  SampleFault fault{id, state.statuses[row], work_.dataset->describe(id),
                    std::string(text, strnlen(text, ring::message_bytes))};
  if (fault.status == SampleStatus::substituted && plan_.options().samples > 1) {
    const auto [number, failure] = Substitution::from_bits(view().row(slab, row).substitution);
    fault.status = failure;
    fault.substitute = substitute_for(id, number, options_.seed, state.epoch, plan_.options().samples);
  }
  return fault;
}

void RingSession::remember(const SampleFault& fault) {
  if (failed_samples_.size() == most_failed_samples) return;
  if (failed_ids_.insert(to_index(fault.id)).second) failed_samples_.push_back(fault);
}

void RingSession::release(std::uint32_t slab) noexcept {
  if (!in_owner()) return;
  const std::lock_guard lock(mutex_);
  slabs_[slab].phase = SlabState::Phase::free;
  arm_free_slabs();  // allocates nothing: ids have their room
}

void RingSession::wait_complete(std::uint32_t slab, const std::function<void()>& while_waiting) {
  if (port_.complete(slab)) return;
  if (own_worker_) {
    fill_here(slab, while_waiting);
  } else {
    const auto before = Clock::now();
    ++counted_.waits;
    wait_for_workers(slab, while_waiting);
    counted_.wait_seconds += std::chrono::duration<double>(Clock::now() - before).count();
  }
}

void RingSession::fill_here(std::uint32_t slab, const std::function<void()>& while_waiting) {
  while (!port_.complete(slab)) {
    if (while_waiting) while_waiting();
    if (!own_worker_->step()) {
      throw Error(ErrorCode::process, "a batch is incomplete and none of its rows is free; the ring is damaged");
    }
  }
}

void RingSession::wait_for_workers(std::uint32_t slab, const std::function<void()>& while_waiting) {
  std::uint64_t seen = progress_made();
  auto last = Clock::now();
  while (!port_.complete(slab)) {
    const std::uint32_t key = port_.ready().prepare();
    if (port_.complete(slab)) return;
    const bool rung = port_.ready().wait(key, wait_slice);  // or interrupted by a signal
    if (while_waiting) while_waiting();
    if (rung) continue;
    ++counted_.wait_timeouts;
    check_coordinator(slab);
    if (const std::uint64_t now = progress_made(); now != seen) {
      seen = now;
      last = Clock::now();
    }
    if (options_.timeout.count() > 0 && Clock::now() - last > patience()) {
      throw Error(ErrorCode::timeout, describe_stall(slab));
    }
  }
}

void RingSession::check_coordinator(std::uint32_t slab) {
  if (coordinator_.check_alive()) return;
  if (port_.complete(slab)) return;
  std::string words;
  for (const ControlMessage& message : coordinator_.take_messages()) {
    if (message.kind == ControlMessage::Kind::failed) words = fmt::format(": {}", message.text_view());
  }
  const pid_t pid = coordinator_.pid();
  const std::string end = coordinator_.describe_end();
  if (words.empty() && take_over()) return;
  throw Error(
      ErrorCode::process,
      fmt::format("the coordinator (pid {}) {}{}; batches that were complete have been delivered", pid, end, words));
}

/// The coordinator was killed, and with it its workers. All that matters is in the ring, so another one goes on.
bool RingSession::take_over() {
  if (!relaunch_) return false;
  futile_takeovers_ = rows_done() == takeover_rows_ ? futile_takeovers_ + 1 : 1;
  if (futile_takeovers_ > most_futile_takeovers) return false;
  if (!coordinator_.wait_until_workers_are_dead()) return false;
  take_rows_back();
  takeover_rows_ = rows_done();
  coordinator_ = relaunch_(memory_);
  ++counted_.takeovers;
  return true;
}

/// Requires: every worker is confirmed dead, and no coordinator lives.
void RingSession::take_rows_back() {
  const std::uint32_t give_up_at = Supervision{.on_error = options_.on_error}.give_up_at();
  for (std::uint32_t slot = 0; slot < view().shape().workers; ++slot) {
    ring::Slot& line = view().slot(slot);
    if (line.pid.exchange(0) > 0) view().counters().deaths.fetch_add(1);
    ring::recover(view(), slot, ring::kill_weight,
                  {SampleStatus::quarantined, "its workers were killed over it again and again", give_up_at});
    line.generation.fetch_add(1);
  }
}

/// The coordinator kills what takes longer than `timeout`, and that is progress; twice that long without any, and with
/// time for a busy machine, is beyond its help.
std::chrono::milliseconds RingSession::patience() const noexcept {
  return 2 * options_.timeout + std::chrono::seconds(5);
}

std::uint64_t RingSession::rows_done() const noexcept {
  std::uint64_t rows = 0;
  for (std::uint32_t slot = 0; slot < view().shape().workers; ++slot) rows += view().slot(slot).done.load();
  return rows;
}

/// Counts what shows that somebody is at work: rows finished, workers buried.
std::uint64_t RingSession::progress_made() const noexcept {
  return rows_done() + view().counters().quarantined.load() + view().counters().deaths.load();
}

std::string RingSession::describe_stall(std::uint32_t slab) const {
  std::string text =
      fmt::format("nothing arrived for {} s; batch {} of epoch {} waits for",
                  static_cast<double>(patience().count()) / 1000, slabs_[slab].plan.number, slabs_[slab].epoch);
  constexpr std::size_t most_rows = 8;
  std::size_t missing = 0;
  for (std::uint32_t row = 0; row < slabs_[slab].plan.filled; ++row) {
    if (view().is_done(slab, row)) continue;
    if (++missing > most_rows) continue;
    const ring::OwnerWord owner{view().owner(slab, row).load()};
    const bool claimed = owner.state() == ring::OwnerWord::State::claimed;
    text += fmt::format(" [sample {} ({}), {}]", to_index(slabs_[slab].ids[row]),
                        work_.dataset->describe(slabs_[slab].ids[row]),
                        claimed ? fmt::format("held by worker {}", owner.worker()) : "claimed by no worker");
  }
  if (missing > most_rows) text += fmt::format(" and {} more", missing - most_rows);
  return text + describe_slabs() + describe_workers();
}

std::string RingSession::describe_slabs() const {
  std::string text = "; slabs:";
  for (std::uint32_t slab = 0; slab < slabs_.size(); ++slab) {
    const SlabState& state = slabs_[slab];
    if (state.phase == SlabState::Phase::free) {
      text += fmt::format(" {} free,", slab);
      continue;
    }
    std::uint32_t done = 0;
    for (std::uint32_t row = 0; row < state.plan.rows; ++row) done += view().is_done(slab, row) ? 1 : 0;
    text += fmt::format(" {} {} epoch {} batch {} with {} of {} rows,", slab,
                        state.phase == SlabState::Phase::held ? "held" : "armed", state.epoch, state.plan.number, done,
                        state.plan.rows);
  }
  text.pop_back();
  return text;
}

std::string RingSession::describe_workers() const {
  std::string text = "; workers:";
  for (std::uint32_t slot = 0; slot < view().shape().workers; ++slot) {
    const ring::Slot& line = view().slot(slot);
    const int pid = line.pid.load();
    text += fmt::format(" {} {}", slot, pid > 0 ? fmt::format("pid {}", pid) : "gone");
    if (line.active.load() > 0) text += fmt::format(" at sample {}", line.sample.load());
    text += fmt::format(" after {} rows,", line.done.load());
  }
  text.pop_back();
  return text;
}

bool RingSession::pin(const CudaOptions& cuda) {
  refuse_forks();
  if (pinned_ != nullptr) return true;
  const std::span<std::byte> region = memory_.data().bytes();
  try {
    pinned_ = std::make_unique<const PinnedSlabs>(region, region.size() / view().shape().slabs, cuda);
    pin_failure_.clear();
  } catch (const Error& error) {
    pin_failure_ = error.what();
  }
  return pinned_ != nullptr;
}

LoaderStats RingSession::stats(std::uint32_t ahead) const {
  refuse_forks();
  LoaderStats stats = counted_;
  const Progress delivered = progress(ahead);
  stats.batches = delivered.batches;
  stats.samples = delivered.samples;
  stats.padded = delivered.padded;
  stats.absent = delivered.absent;
  stats.faults = delivered.faults;
  const ring::Counters& counters = view().counters();
  stats.worker_deaths = counters.deaths.load();
  stats.rows_redone = counters.rows_redone.load();
  stats.quarantined = counters.quarantined.load();
  stats.huge_page_bytes = counters.huge_page_bytes.load();
  stats.ring_bytes = memory_.total_bytes();
  stats.pinned_bytes = pinned_ != nullptr ? pinned_->bytes() : 0;
  stats.pin_failure = pin_failure_;
  stats.workers = *options_.workers;
  stats.coordinator_pid = stats.workers > 0 ? coordinator_.pid() : 0;
  // With no workers the trainer has the first slot.
  for (std::uint32_t slot = 0; slot < std::max(view().shape().workers, 1U); ++slot) {
    stats.decoded_native += view().slot(slot).decoded_native.load(std::memory_order_relaxed);
    stats.decoded_fallback += view().slot(slot).decoded_fallback.load(std::memory_order_relaxed);
  }
  std::uint32_t sandbox = sandbox_part::all;
  bool any_settled = false;  // before that nothing is known, and nothing is claimed
  for (std::uint32_t slot = 0; slot < view().shape().workers; ++slot) {
    const ring::Slot& line = view().slot(slot);
    if (const std::uint32_t parts = line.sandbox.load(); (parts & sandbox_part::settled) != 0) {
      any_settled = true;
      sandbox &= parts;
    }
    if (const int pid = line.pid.load(); pid > 0) {
      stats.worker_pids.push_back(pid);
      if (static_cast<int>(slot) >= stats.workers) ++stats.attached_workers;
    }
  }
  stats.sandbox = describe_sandbox(any_settled ? sandbox : 0);
  return stats;
}

}  // namespace slabring
