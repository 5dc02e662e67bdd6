#pragma once

#include <gtest/gtest.h>

#include <string>

#include "augment/kernel_target.hpp"

namespace slabring::test {

/// Runs each case once with the kernels of every instruction set that this machine has.
class EveryTarget : public ::testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { choose_kernel_target(GetParam()); }
  void TearDown() override { choose_kernel_target(""); }
};

inline std::string target_name(const ::testing::TestParamInfo<std::string>& target) { return target.param; }

}  // namespace slabring::test
