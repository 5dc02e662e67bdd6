#include "augment/kernel_target.hpp"

#include <hwy/targets.h>

#include <cstdint>

namespace slabring {
namespace {

// What the machine has; asked once, before anything is chosen.
const std::vector<std::int64_t>& targets() {
  static const std::vector<std::int64_t> all = hwy::SupportedAndGeneratedTargets();
  return all;
}

}  // namespace

std::vector<std::string> kernel_targets() {
  std::vector<std::string> names;
  for (const std::int64_t target : targets()) names.emplace_back(hwy::TargetName(target));
  return names;
}

void choose_kernel_target(const std::string& target) {
  std::int64_t chosen = 0;
  for (const std::int64_t one : targets()) {
    if (hwy::TargetName(one) == target) chosen = one;
  }
  hwy::SetSupportedTargetsForTest(chosen);
}

}  // namespace slabring
