// slabring_soak [SECONDS [SEED]]: loaders live and die for that long while their processes are killed and stopped at
// random; every byte must be that of a calm run, and nothing may be left over. Ends with 1, and where and why, at the
// first thing that is not so, or when nothing was exercised. `./dev soak`.

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <set>

#include "disturber.hpp"
#include "round.hpp"
#include "support/process_table.hpp"
#include "support/temporary_folder.hpp"
#include "test_folder.hpp"

namespace slabring::soak {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t images = 400;
constexpr SampleId poison{123};

/// What this machine has of ours: must be the same after every round.
struct Belongings {
  std::size_t descriptors = test::open_descriptors();
  std::set<std::string> shared_memory = test::names_in("/dev/shm");
  std::set<std::string> temporary = test::names_in(std::filesystem::temp_directory_path());
  std::size_t children = children_of(getpid()).size();
  bool operator==(const Belongings&) const = default;
};

class Soak {
 public:
  Soak(std::chrono::seconds duration, std::uint64_t seed)
      : duration_(duration), random_(seed), bad_(write_folder(folder_.path(), images)), disturber_(seed + 1) {}

  void run() {
    setenv("TMPDIR", temporary_.path().c_str(), 1);
    fmt::print("{} images, {} of them broken\n", images, bad_);
    const ImageFolder folder(folder_.path());
    const PoisonedFolder poisoned(folder_.path(), poison);
    const CalmRun masked = calm_run(folder, options(OnError::mask, 0));
    const CalmRun substituted = calm_run(folder, options(OnError::substitute, 0));
    LoaderOptions forked = options(OnError::mask, 2);
    forked.start_method = StartMethod::fork;
    const CalmRun quarantined = calm_run(poisoned, forked);
    const Belongings before;
    const auto end = Clock::now() + duration_;
    while (Clock::now() < end) {
      switch (random_() % 4) {
        case 0: round(folder, masked, OnError::mask, false); break;
        case 1: round(folder, substituted, OnError::substitute, false); break;
        case 2: round(folder, masked, OnError::raise, false); break;
        default: round(poisoned, quarantined, OnError::mask, true); break;
      }
      if (!(Belongings() == before)) throw Round::Broken("descriptors, files or processes are left over");
    }
  }

  void print() const {
    const Disturber::Deeds& deeds = disturber_.deeds();
    fmt::print(
        "did    {} workers killed, {} stopped, {} coordinators killed, {} with all their workers; {} workers sent "
        "to join, {} of them killed\n",
        deeds.workers_killed.load(), deeds.workers_stopped.load(), deeds.coordinators_killed.load(),
        deeds.crews_killed.load(), deeds.guests_sent.load(), deeds.guests_killed.load());
    fmt::print(
        "lived  {} loaders, {} batches, {} early breaks, {} resumed, {} batches held, {} sample errors, {} ended with "
        "guests\n",
        tally_.rounds, tally_.batches, tally_.early_breaks, tally_.resumes, tally_.batches_held, tally_.sample_errors,
        tally_.with_guests);
    fmt::print(
        "healed {} deaths, {} rows redone, {} quarantined, {} substituted, {} takeovers; longest wait {:.2f} s\n",
        tally_.deaths, tally_.rows_redone, tally_.quarantined, tally_.substituted, tally_.takeovers,
        tally_.longest_wait.count());
  }

  bool exercised() const {
    const Disturber::Deeds& deeds = disturber_.deeds();
    const auto killed = deeds.workers_killed.load();
    return killed > 0 && deeds.workers_stopped > 0 && deeds.coordinators_killed > 0 && tally_.rows_redone > 0 &&
           tally_.quarantined > 0 && tally_.substituted > 0 && tally_.takeovers > 0 && tally_.early_breaks > 0 &&
           tally_.resumes > 0 && tally_.with_guests > 0;
  }

 private:
  /// The disturber strikes only while the round lasts: how the loader ends is its own.
  void round(const Dataset& dataset, const CalmRun& calm, OnError policy, bool forks) {
    const auto targets =
        forks ? std::uint32_t{Disturber::workers} : Disturber::workers | Disturber::coordinators | Disturber::guests;
    disturber_.turn_on(targets);
    Round(dataset, calm, draw_options(random_, policy, forks), random_, tally_).run();
    disturber_.turn_on(Disturber::nobody);
  }

  std::chrono::seconds duration_;
  std::mt19937_64 random_;
  test::TemporaryFolder folder_;
  test::TemporaryFolder temporary_;  ///< where this process and its children would put theirs
  std::size_t bad_;
  Disturber disturber_;
  Tally tally_;
};

int run(std::chrono::seconds duration, std::uint64_t seed) {
  Soak soak(duration, seed);
  try {
    soak.run();
  } catch (const std::exception& error) {
    soak.print();
    fmt::print("BROKEN (seed {}): {}\n", seed, error.what());
    return 1;
  }
  soak.print();
  if (soak.exercised()) return 0;
  fmt::print("NOT EXERCISED: something that was to be tried never happened; give it more seconds\n");
  return 1;
}

}  // namespace
}  // namespace slabring::soak

int main(int argc, char** argv) {
  const long seconds = argc > 1 ? std::atol(argv[1]) : 60;
  const auto seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : std::random_device{}();
  if (argc > 3 || seconds < 1) {
    fmt::print(stderr, "usage: slabring_soak [SECONDS [SEED]]\n");
    return 2;
  }
  return slabring::soak::run(std::chrono::seconds(seconds), seed);
}
