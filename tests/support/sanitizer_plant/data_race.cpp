// One EpochPlan serves one thread; here it serves two.
#include <array>
#include <thread>

#include "plan/epoch_plan.hpp"

int main() {
  slabring::EpochPlan plan({.samples = 8, .batch_size = 4, .shuffle = true});
  const auto first_batch_of = [&plan](std::uint64_t epoch) {
    std::array<slabring::SampleId, 4> ids{};
    plan.ids(epoch, plan.batch(0).value(), ids);
  };
  std::thread one(first_batch_of, 1);
  std::thread two(first_batch_of, 2);
  one.join();
  two.join();
}
