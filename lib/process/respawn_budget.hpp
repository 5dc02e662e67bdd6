#pragma once

#include <chrono>
#include <cstdint>

namespace slabring {

/// How fast dead workers may be replaced: a bucket of `burst` starts that fills at `per_second`. Without it a worker
/// that dies at once would become a fork bomb.
class RespawnBudget {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr double per_second = 20;

  RespawnBudget(double burst, Clock::time_point now) noexcept : burst_(burst), tokens_(burst), filled_(now) {}

  /// Takes a start out of the bucket; zero when there was one, else how long to wait.
  Clock::duration take(Clock::time_point now) noexcept {
    const double seconds = std::chrono::duration<double>(now - filled_).count();
    tokens_ = tokens_ + seconds * per_second > burst_ ? burst_ : tokens_ + seconds * per_second;
    filled_ = now;
    if (tokens_ >= 1) {
      tokens_ -= 1;
      return Clock::duration::zero();
    }
    return std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>((1 - tokens_) / per_second));
  }

 private:
  double burst_;
  double tokens_;
  Clock::time_point filled_;
};

/// Whether a slot is worth another worker: deaths in a row without one row finished or given up. A death of its own
/// doing counts `own_strike`, one from outside 1, so a slot is given up after three crashes or thirty kills.
class SlotRecord {
 public:
  static constexpr std::uint32_t own_strike = 10;
  static constexpr std::uint32_t limit = 30;

  void death(bool own_doing, bool progressed) noexcept {
    if (progressed) strikes_ = 0;
    strikes_ += own_doing ? own_strike : 1;
  }
  /// The death was explained by a sample, which is quarantined now.
  void forgive() noexcept { strikes_ = 0; }
  bool given_up() const noexcept { return strikes_ >= limit; }

 private:
  std::uint32_t strikes_ = 0;
};

}  // namespace slabring
