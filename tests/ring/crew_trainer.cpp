#include <unistd.h>

#include <algorithm>
#include <array>

#include "ring/crew_processes.hpp"
#include "ring/crew_row.hpp"

namespace slabring::ring {
namespace {

class CrewTrainer {
 public:
  explicit CrewTrainer(const CrewWorld& world) : world_(world), port_(world.ring.trainer()) {}

  void run() {
    for (std::uint32_t slab = 0; slab < world_.plan.slabs; ++slab) arm(slab);
    for (std::uint64_t batch = 0; !enough(batch); ++batch) {
      const std::uint32_t slab = slab_of_[batch % order_size];
      const std::uint32_t rows = rows_of(batch);
      if (is_cancelled(batch)) port_.cancel(slab, batch, rows);
      wait_for(slab);
      for (std::uint32_t row = 0; row < rows; ++row) check(slab, row, batch);
      ++world_.report.batches;
      arm(slab);
    }
    port_.stop();
  }

 private:
  std::uint32_t rows_of(std::uint64_t batch) const {
    return batch % 4 == 2 ? std::max(1u, world_.plan.batch_size / 2) : world_.plan.batch_size;
  }
  static bool is_cancelled(std::uint64_t batch) { return batch % 5 == 3; }

  bool enough(std::uint64_t batch) const {
    return batch >= world_.plan.batches &&
           world_.report.worker_deaths + world_.report.coordinator_deaths >= world_.plan.deaths;
  }

  void arm(std::uint32_t slab) {
    slab_of_[next_ % order_size] = slab;
    world_.ring.arm(slab, next_, rows_of(next_));
    ++next_;
  }

  void wait_for(std::uint32_t slab) {
    while (!port_.complete(slab)) {
      const std::uint32_t key = port_.ready().prepare();
      if (port_.complete(slab)) return;
      if (!port_.ready().wait(key, longer_than_any_test)) ++world_.report.timeouts;
    }
  }

  void check(std::uint32_t slab, std::uint32_t row, std::uint64_t batch) {
    const SampleStatus status = world_.ring.status(slab, row);
    ++world_.report.rows;
    if (status == SampleStatus::cancelled && is_cancelled(batch)) {
      ++world_.report.cancelled_rows;
    } else if (status == SampleStatus::quarantined) {
      ++world_.report.quarantined_rows;
      world_.report.wrong_rows += !is_zeroed(slab, row);
    } else {
      world_.report.wrong_rows += status != SampleStatus::ok || !is_right(slab, row, TestRing::sample_of(batch, row));
    }
  }

  bool is_right(std::uint32_t slab, std::uint32_t row, std::uint64_t sample) const {
    const auto words = crew_row_words(world_.ring.view(), slab, row);
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (words[i] != crew_word(sample, i)) return false;
    }
    return world_.ring.view().labels(slab)[row] == static_cast<std::int64_t>(sample);
  }

  bool is_zeroed(std::uint32_t slab, std::uint32_t row) const {
    const auto words = crew_row_words(world_.ring.view(), slab, row);
    return world_.ring.view().labels(slab)[row] == -1 &&
           std::ranges::all_of(words, [](auto word) { return word == 0; });
  }

  const CrewWorld& world_;
  ConsumerPort port_;
  std::uint64_t next_ = 0;
  std::array<std::uint32_t, order_size> slab_of_{};  ///< the trainer's own copy of order[]
};

}  // namespace

void run_crew_trainer(const CrewWorld& world) {
  world.plan.in_trainer();
  CrewTrainer(world).run();
  _exit(crew_done);
}

}  // namespace slabring::ring
