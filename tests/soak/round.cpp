#include "round.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "support/stream_digest.hpp"

namespace slabring::soak {
namespace {

using Clock = std::chrono::steady_clock;

/// Less than any sleep in the library that ends by time alone: whoever waits longer was forgotten.
constexpr std::chrono::seconds longest_allowed_wait{8};

}  // namespace

LoaderOptions draw_options(std::mt19937_64& random, OnError policy, bool forks) {
  LoaderOptions drawn = options(policy, 1 + static_cast<int>(random() % 4));
  drawn.prefetch = 2 + static_cast<int>(random() % 4);
  drawn.start_method = forks ? StartMethod::fork : random() % 3 == 0 ? StartMethod::spawn : StartMethod::forkserver;
  if (!forks) drawn.attachable = 2;
  return drawn;
}

Round::Round(const Dataset& dataset, const CalmRun& calm, LoaderOptions options, std::mt19937_64& random, Tally& tally)
    : dataset_(dataset), calm_(calm), options_(std::move(options)), random_(random), tally_(tally) {}

void Round::run() {
  make_loader();
  const auto passes = 1 + random_() % 3;
  for (std::uint64_t i = 0; i < passes; ++i) {
    const std::uint64_t epoch = random_() % epochs;
    const std::uint64_t batches = calm_[epoch].size();
    const std::uint64_t end = chance(40) ? random_() % batches : batches;
    loader_->epoch(epoch);
    pass(epoch, 0, end);
    if (end == batches) continue;
    ++tally_.early_breaks;
    if (!chance(50)) continue;
    resume();
    loader_->epoch(epoch);
    pass(epoch, end, batches);
  }
  held_.clear();
  count();
  loader_.reset();
  ++tally_.rounds;
}

void Round::make_loader() { loader_.emplace(dataset_, pipeline(), options_); }

/// Goes on in another loader, with other workers and another ring.
void Round::resume() {
  const std::string state = loader_->state();
  held_.clear();
  count();
  loader_.reset();
  LoaderOptions other = draw_options(random_, options_.on_error, options_.start_method == StartMethod::fork);
  other.state = state;
  options_ = other;
  make_loader();
  options_.state.clear();
  ++tally_.resumes;
}

void Round::pass(std::uint64_t epoch, std::uint64_t first, std::uint64_t end) {
  for (std::uint64_t index = first; index < end; ++index) {
    if (!deliver(epoch, index)) throw Broken(where(epoch, index) + ": the epoch ended too early");
  }
  if (end == calm_[epoch].size() && deliver(epoch, end)) throw Broken(where(epoch, end) + ": a batch too many");
}

/// Takes one batch; false: the epoch is over.
bool Round::deliver(std::uint64_t epoch, std::uint64_t index) {
  const auto before = Clock::now();
  Batch batch;
  bool thrown = false;
  try {
    batch = loader_->next();
  } catch (const SampleError&) {
    thrown = true;
  }
  const std::chrono::duration<double> waited = Clock::now() - before;
  tally_.longest_wait = std::max(tally_.longest_wait, waited);
  if (waited > longest_allowed_wait) throw Broken(fmt::format("{}: {:.1f} s", where(epoch, index), waited.count()));
  if (thrown) {
    if (options_.on_error != OnError::raise || !calm_[epoch][index].faulty) {
      throw Broken(where(epoch, index) + ": no sample of it is faulty");
    }
    ++tally_.sample_errors;
    return true;
  }
  if (batch.empty()) return false;
  check(batch, epoch, index);
  hold(std::move(batch), calm_[epoch][index].digest);
  return true;
}

void Round::check(const Batch& batch, std::uint64_t epoch, std::uint64_t index) {
  ++tally_.batches;
  if (batch.epoch() != epoch || batch.index() != index) {
    throw Broken(fmt::format("{}: epoch {} batch {} came instead", where(epoch, index), batch.epoch(), batch.index()));
  }
  if (test::digest(batch) != calm_[epoch][index].digest) {
    throw Broken(where(epoch, index) + ": other bytes than those of the calm run");
  }
  const auto statuses = batch.statuses();
  tally_.substituted +=
      static_cast<std::uint64_t>(std::count(statuses.begin(), statuses.end(), SampleStatus::substituted));
}

/// Some batches are kept, as many as leave the ring two slabs, and given back in any order.
void Round::hold(Batch batch, std::uint64_t digest) {
  if (!chance(50)) return;
  held_.push_back({std::move(batch), digest});
  ++tally_.batches_held;
  while (held_.size() + 2 > static_cast<std::size_t>(options_.prefetch)) release_one();
}

void Round::release_one() {
  const auto which = held_.begin() + static_cast<std::ptrdiff_t>(random_() % held_.size());
  if (test::digest(which->batch) != which->digest) throw Broken("a batch changed while it was held");
  held_.erase(which);
}

void Round::count() noexcept {
  const LoaderStats stats = loader_->stats();
  tally_.with_guests += stats.attached_workers > 0 ? 1 : 0;
  tally_.deaths += stats.worker_deaths;
  tally_.rows_redone += stats.rows_redone;
  tally_.quarantined += stats.quarantined;
  tally_.takeovers += stats.takeovers;
}

std::string Round::where(std::uint64_t epoch, std::uint64_t index) const {
  return fmt::format("epoch {} batch {}, {} workers by {}, prefetch {}, on_error {}", epoch, index, *options_.workers,
                     to_string(options_.start_method), options_.prefetch, to_string(options_.on_error));
}

}  // namespace slabring::soak
