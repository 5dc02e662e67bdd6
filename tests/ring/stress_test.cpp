// Workers as threads, so that ThreadSanitizer sees every access: mixed batch sizes, early breaks, slabs given back out
// of order, and a coordinator that all the while recovers a worker who never was.

#include <gtest/gtest.h>

#include <iostream>
#include <random>
#include <thread>

#include "ring/crew_row.hpp"
#include "ring/test_ring.hpp"

namespace slabring::ring {
namespace {

constexpr std::chrono::milliseconds no_limit{-1};

/// What the run went through; a run without some of it has shown nothing.
struct Exercised {
  std::uint64_t rows = 0;
  std::uint64_t cancelled = 0;
  std::uint64_t wrong = 0;
  std::uint64_t trainer_waits = 0;
  std::uint64_t recoveries = 0;
  std::uint64_t sleeps = 0;
  std::uint64_t lost_claims = 0;
};

void run_worker(WorkerPort worker) {
  const View& view = worker.view();
  while (const auto claim = worker.next(no_limit)) {
    const std::uint64_t sample = view.row(claim->slab, claim->row).sample.load(std::memory_order_relaxed);
    const auto words = crew_row_words(view, claim->slab, claim->row);
    for (std::size_t i = 0; i < words.size(); ++i) words[i] = crew_word(sample, i);
    view.labels(claim->slab)[claim->row] = static_cast<std::int64_t>(sample);
    view.row(claim->slab, claim->row).status = static_cast<std::uint32_t>(SampleStatus::ok);
    worker.publish(*claim);
  }
}

class StressTrainer {
 public:
  explicit StressTrainer(const TestRing& ring) : ring_(ring), port_(ring.trainer()) {
    for (std::uint32_t slab = 0; slab < ring.view().shape().slabs; ++slab) free_.push_back(slab);
  }

  /// Until it has taken 2,000 batches and the coordinator has had its turns.
  Exercised run(const std::atomic<std::uint64_t>& recoveries) {
    std::uint64_t armed = 0;
    for (std::uint64_t batch = 0; batch < 2000 || recoveries.load() < 30; ++batch) {
      for (; !free_.empty(); ++armed) arm(armed);
      take(batch);
      // Every second batch is kept until the next one is in hand too, and given back after it.
      const std::uint32_t slab = slab_of_[batch % order_size];
      if (batch % 2 == 0) {
        kept_.push_back(slab);
      } else {
        free_.push_back(slab);
        free_.insert(free_.end(), kept_.begin(), kept_.end());
        kept_.clear();
      }
    }
    port_.stop();
    return did_;
  }

 private:
  std::uint32_t rows_of(std::uint64_t batch) const { return batch % 5 == 4 ? 33 : ring_.batch_size(); }

  void arm(std::uint64_t batch) {
    slab_of_[batch % order_size] = free_.back();
    free_.pop_back();
    ring_.arm(slab_of_[batch % order_size], batch, rows_of(batch));
  }

  void take(std::uint64_t batch) {
    const std::uint32_t slab = slab_of_[batch % order_size];
    if (batch % 7 == 6) port_.cancel(slab, batch, rows_of(batch));
    while (!port_.complete(slab)) {
      const std::uint32_t key = port_.ready().prepare();
      if (port_.complete(slab)) break;
      ++did_.trainer_waits;
      port_.ready().wait(key, no_limit);
    }
    for (std::uint32_t row = 0; row < rows_of(batch); ++row) check(slab, row, TestRing::sample_of(batch, row));
  }

  void check(std::uint32_t slab, std::uint32_t row, std::uint64_t sample) {
    if (ring_.status(slab, row) == SampleStatus::cancelled) {
      ++did_.cancelled;
      return;
    }
    ++did_.rows;
    const auto words = crew_row_words(ring_.view(), slab, row);
    bool right = ring_.view().labels(slab)[row] == static_cast<std::int64_t>(sample);
    for (std::size_t i = 0; i < words.size(); ++i) right = right && words[i] == crew_word(sample, i);
    did_.wrong += !right;
  }

  const TestRing& ring_;
  ConsumerPort port_;
  std::vector<std::uint32_t> free_;
  std::vector<std::uint32_t> kept_;
  std::array<std::uint32_t, order_size> slab_of_{};
  Exercised did_;
};

TEST(RingStress, DeliversEveryRowRightWithWorkersAsThreads) {
  constexpr std::uint32_t workers = 3;
  constexpr std::uint32_t absent_worker = 200;
  const TestRing ring(70, /*slabs=*/4);
  std::atomic<bool> over{false};
  std::atomic<std::uint64_t> recoveries{0};
  std::vector<std::thread> threads;
  for (std::uint32_t slot = 0; slot < workers; ++slot) threads.emplace_back(run_worker, ring.worker(slot));
  threads.emplace_back([&] {
    while (!over.load()) {
      ring.bury(absent_worker);
      ++recoveries;
      std::this_thread::yield();
    }
  });

  Exercised did = StressTrainer(ring).run(recoveries);
  over.store(true);
  for (std::thread& thread : threads) thread.join();
  did.recoveries = recoveries.load();
  for (std::uint32_t slot = 0; slot < workers; ++slot) {
    did.sleeps += ring.view().slot(slot).sleeps.load();
    did.lost_claims += ring.view().slot(slot).retries.load();
  }
  std::cout << did.rows << " rows, " << did.cancelled << " cancelled, " << did.trainer_waits << " trainer waits, "
            << did.sleeps << " worker sleeps, " << did.lost_claims << " lost claims, " << did.recoveries
            << " recoveries\n";

  EXPECT_EQ(did.wrong, 0u);
  EXPECT_GT(did.rows, 80'000u);
  EXPECT_GT(did.cancelled, 0u);
  EXPECT_GT(did.trainer_waits, 0u);
  EXPECT_GT(did.sleeps, 0u);
  EXPECT_GE(did.recoveries, 30u);
}

}  // namespace
}  // namespace slabring::ring
