#include "augment/kernel_target.hpp"

#include <hwy/targets.h>

#include <cstdint>

namespace slabring {
namespace {

std::vector<std::int64_t> targets() {
  hwy::SetSupportedTargetsForTest(0);  // all that the machine has, whatever was chosen before
  return hwy::SupportedAndGeneratedTargets();
}

}  // namespace

std::vector<std::string> kernel_targets() {
  std::vector<std::string> names;
  for (const std::int64_t target : targets()) names.emplace_back(hwy::TargetName(target));
  return names;
}

void choose_kernel_target(const std::string& target) {
  for (const std::int64_t one : targets()) {
    if (hwy::TargetName(one) == target) hwy::SetSupportedTargetsForTest(one);
  }
}

}  // namespace slabring
