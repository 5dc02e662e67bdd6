// publish() with one word changed: the done bit does not release the row, so the trainer's reading of it races with the
// worker's writing. ThreadSanitizer must say so; otherwise its silence about ring_stress_test means nothing.

#include <thread>

#include "ring/crew_row.hpp"
#include "ring/test_ring.hpp"

namespace {

using namespace slabring::ring;

void publish_without_release(const View& view, const Claim& claim) {
  view.done(claim.slab, 0).fetch_or(std::uint64_t{1} << claim.row, std::memory_order_relaxed);
}

}  // namespace

int main() {
  const TestRing ring(1);
  ring.arm(0, 0);
  std::thread worker([&] {
    const auto claim = ring.worker(0).try_claim();
    crew_row_words(ring.view(), claim->slab, claim->row)[0] = 1;
    publish_without_release(ring.view(), *claim);
  });
  while (!ring.trainer().complete(0)) std::this_thread::yield();
  const bool right = crew_row_words(ring.view(), 0, 0)[0] == 1;
  worker.join();
  return right ? 0 : 1;
}
