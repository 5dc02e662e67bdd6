// A worker may have written anything into the control memory. The two privileged sides, trainer and coordinator, must
// neither crash nor touch a byte outside the ring for it (TestRing's memory lies between pages that nobody may touch),
// and come to an end.

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <random>

#include "ring/test_ring.hpp"

namespace slabring::ring {
namespace {

constexpr std::uint32_t rounds = 200;

using Random = std::mt19937_64;

/// Everything that the privileged sides do with a ring.
void act_as_trainer_and_coordinator(const TestRing& ring, Random& random) {
  const std::uint32_t slabs = ring.view().shape().slabs;
  const auto rows = static_cast<std::uint32_t>(1 + random() % ring.batch_size());
  const auto slab = static_cast<std::uint32_t>(random() % slabs);
  const std::uint64_t batch = random() % 1000;
  ring.arm(slab, batch, rows);
  ring.trainer().cancel(slab, batch, rows);
  ring.trainer().cancel((slab + 1) % slabs, random(), rows);
  for (std::uint32_t s = 0; s < slabs; ++s) (void)ring.trainer().complete(s);
  for (const std::uint32_t slot : {0u, static_cast<std::uint32_t>(random() % max_workers)}) {
    ring.bury(slot, kill_weight);
    ring.bury(slot, quarantine_attempts);
  }
  ring.trainer().ready().ring_all();
  ring.trainer().stop();
}

class HostileMemory : public testing::TestWithParam<std::uint32_t> {};
INSTANTIATE_TEST_SUITE_P(BatchSize, HostileMemory, testing::Values(1u, 65u, 130u), testing::PrintToStringParamName());

TEST_P(HostileMemory, OfRandomBytesIsSurvived) {
  Random random(GetParam());
  for (std::uint32_t round = 0; round < rounds; ++round) {
    const TestRing ring(GetParam());
    for (std::size_t i = 0; i + sizeof(std::uint64_t) <= ring.control().size(); i += sizeof(std::uint64_t)) {
      const std::uint64_t word = random();
      std::memcpy(ring.control().begin() + i, &word, sizeof word);
    }
    act_as_trainer_and_coordinator(ring, random);
  }
}

/// Owner words in particular: of every state, worker and batch, so that recovery takes rows back and quarantines.
TEST_P(HostileMemory, OfPlausibleOwnersIsSurvived) {
  Random random(GetParam());
  std::uint32_t touched = 0;
  for (std::uint32_t round = 0; round < rounds; ++round) {
    const TestRing ring(GetParam());
    for (std::uint32_t slab = 0; slab < ring.view().shape().slabs; ++slab) {
      for (std::uint32_t row = 0; row < GetParam(); ++row) {
        const std::uint32_t workers[] = {0, 1, OwnerWord::trainer, OwnerWord::coordinator, 0x1234};
        const auto attempts = static_cast<std::uint32_t>(random() % 64);
        const std::uint64_t batch = random() % 2 == 0 ? random() : random() % 4;
        const OwnerWord owner = random() % 3 == 0 ? OwnerWord::free(batch, attempts)
                                                  : OwnerWord::claimed(batch, attempts, workers[random() % 5]);
        ring.view().owner(slab, row).store(owner.bits());
      }
      ring.view().done(slab, 0).store(random());
    }
    ring.ring().hint.store(random());
    ring.view().slot(0).active.store(random() % 64);
    const Recovered recovered = ring.bury(0, crash_weight);
    touched += recovered.freed + recovered.quarantined;
    act_as_trainer_and_coordinator(ring, random);
  }
  EXPECT_GT(touched, 0u);
}

/// Some words of a sound ring are changed while it works.
TEST_P(HostileMemory, OfAFewWrongWordsIsSurvived) {
  Random random(GetParam());
  for (std::uint32_t round = 0; round < rounds; ++round) {
    const TestRing ring(GetParam());
    for (std::uint64_t batch = 0; batch < 8; ++batch) {
      const auto slab = static_cast<std::uint32_t>(batch % TestRing::default_slabs);
      ring.arm(slab, batch);
      for (int i = 0; i < 5; ++i) ring.worker(0).try_claim();
      std::byte* const word = ring.control().begin() + random() % (ring.control().size() / 8) * 8;
      const std::uint64_t value = random() % 2 == 0 ? random() : std::uint64_t{1} << random() % 64;
      std::memcpy(word, &value, sizeof value);
      (void)ring.trainer().complete(slab);
      ring.bury(0, crash_weight);
      ring.trainer().cancel(slab, batch, GetParam());
    }
  }
}

/// A process that writes the control memory at random for as long as it lives.
class Scribbler {
 public:
  explicit Scribbler(const TestRing& ring)
      : counter_memory_(sizeof(std::atomic<std::uint64_t>)),
        written_(*new (counter_memory_.begin()) std::atomic<std::uint64_t>{0}),
        id_(fork()) {
    if (id_ == 0) scribble(ring);
  }
  ~Scribbler() {
    kill(id_, SIGKILL);
    waitpid(id_, nullptr, 0);
  }
  Scribbler(const Scribbler&) = delete;
  Scribbler& operator=(const Scribbler&) = delete;

  /// Words so far.
  std::uint64_t written() const noexcept { return written_.load(); }

 private:
  [[noreturn]] void scribble(const TestRing& ring) noexcept {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    Random random(7);
    const std::size_t words = ring.control().size() / sizeof(std::uint64_t);
    auto* const begin = reinterpret_cast<std::atomic<std::uint64_t>*>(ring.control().begin());
    for (;; ++written_) begin[random() % words].store(random(), std::memory_order_relaxed);
  }

  GuardedMemory counter_memory_;
  std::atomic<std::uint64_t>& written_;
  pid_t id_;
};

TEST_P(HostileMemory, ThatChangesMeanwhileIsSurvived) {
  Random random(GetParam());
  const TestRing ring(GetParam());
  const Scribbler scribbler(ring);
  for (std::uint32_t round = 0; round < rounds || scribbler.written() < 1'000'000; ++round) {
    act_as_trainer_and_coordinator(ring, random);
  }
}

/// The check of a header that was copied out of hostile memory.
TEST(HostileHeader, IsRefusedOrHasTheSizesOfTheMemory) {
  Random random(1);
  Shape sound = {.batch_size = 7, .slabs = 2, .workers = 1, .extra_arrays = 2, .row_bytes = 10};
  sound.extra_row_bytes = {3, 64};
  const TestRing ring(sound);
  Header good;
  std::memcpy(&good, ring.control().begin(), sizeof good);
  std::uint32_t refused = 0;
  for (std::uint32_t round = 0; round < 100'000; ++round) {
    Header header = good;
    auto* const bytes = reinterpret_cast<unsigned char*>(&header);
    for (std::uint64_t i = 0; i <= random() % 3; ++i) {
      bytes[random() % sizeof(Header)] = static_cast<unsigned char>(random());
    }
    if (View::check(header, control_bytes(sound), data_bytes(sound)) != nullptr) {
      ++refused;
      continue;
    }
    ASSERT_LE(control_bytes(header.shape), control_bytes(sound));
    ASSERT_LE(data_bytes(header.shape), data_bytes(sound));
  }
  EXPECT_GT(refused, 0u);
}

}  // namespace
}  // namespace slabring::ring
