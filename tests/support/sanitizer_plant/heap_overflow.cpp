// Room for fewer samples than a batch has.
#include <vector>

#include "plan/epoch_plan.hpp"

int main() {
  slabring::EpochPlan plan({.samples = 8, .batch_size = 4});
  std::vector<slabring::SampleId> two(2);
  plan.ids(0, plan.batch(0).value(), {two.data(), 4});
}
