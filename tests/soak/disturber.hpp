#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <vector>

namespace slabring::soak {

std::vector<pid_t> children_of(pid_t parent);

/// A process beside this one that kills and stops its loaders' workers and coordinators at random instants, and
/// sends workers that join by hand. Of its own,
/// because a thread here would make `fork` unsafe.
class Disturber {
 public:
  enum Target : std::uint32_t { nobody = 0, workers = 1, coordinators = 2, guests = 4 };
  /// What it has done so far.
  struct Deeds {
    std::atomic<std::uint32_t> targets;
    std::atomic<std::uint64_t> workers_killed;
    std::atomic<std::uint64_t> workers_stopped;
    std::atomic<std::uint64_t> coordinators_killed;
    std::atomic<std::uint64_t> guests_sent;    ///< slabring-worker --attach
    std::atomic<std::uint64_t> guests_killed;  ///< and slabring-worker --detach
    std::atomic<std::uint64_t> crews_killed;   ///< a coordinator and all its workers at once, as the OOM killer may
  };

  explicit Disturber(std::uint64_t seed);
  ~Disturber();
  Disturber(const Disturber&) = delete;
  Disturber& operator=(const Disturber&) = delete;

  /// From now on. Nothing of before is under way any more when it returns with `nobody`.
  void turn_on(std::uint32_t targets) noexcept;
  const Deeds& deeds() const noexcept { return *deeds_; }

 private:
  Deeds* deeds_;
  std::atomic<std::uint32_t>* busy_;
  pid_t pid_;
};

}  // namespace slabring::soak
