#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <random>
#include <string>

#include "calm.hpp"

namespace slabring::soak {

/// What all rounds together have gone through.
struct Tally {
  std::uint64_t rounds = 0;
  std::uint64_t batches = 0;
  std::uint64_t early_breaks = 0;
  std::uint64_t resumes = 0;
  std::uint64_t batches_held = 0;  ///< beyond the next one
  std::uint64_t sample_errors = 0;
  std::uint64_t with_guests = 0;  ///< loaders that a worker had joined when they ended
  std::uint64_t deaths = 0;
  std::uint64_t rows_redone = 0;
  std::uint64_t quarantined = 0;
  std::uint64_t substituted = 0;
  std::uint64_t takeovers = 0;
  std::chrono::duration<double> longest_wait{0};
};

/// One loader's life, with everything that a user may do to it, while the disturber is at work. Throws Broken at the
/// first batch that is not the calm run's.
class Round {
 public:
  struct Broken : std::runtime_error {
    using std::runtime_error::runtime_error;
  };

  Round(const Dataset& dataset, const CalmRun& calm, LoaderOptions options, std::mt19937_64& random, Tally& tally);
  void run();

 private:
  struct Held {
    Batch batch;
    std::uint64_t digest;
  };

  void pass(std::uint64_t epoch, std::uint64_t first, std::uint64_t end);
  bool deliver(std::uint64_t epoch, std::uint64_t index);
  void check(const Batch& batch, std::uint64_t epoch, std::uint64_t index);
  void hold(Batch batch, std::uint64_t digest);
  void release_one();
  void make_loader();
  void resume();
  void count() noexcept;
  bool chance(unsigned percent) { return random_() % 100 < percent; }
  std::string where(std::uint64_t epoch, std::uint64_t index) const;

  const Dataset& dataset_;
  const CalmRun& calm_;
  LoaderOptions options_;
  std::mt19937_64& random_;
  Tally& tally_;
  std::optional<Loader> loader_;
  std::deque<Held> held_;
};

/// The options of a round, drawn at random; `forks`: with start method `fork`.
LoaderOptions draw_options(std::mt19937_64& random, OnError policy, bool forks);

}  // namespace slabring::soak
