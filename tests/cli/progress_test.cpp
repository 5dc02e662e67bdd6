#include "progress.hpp"

#include <gtest/gtest.h>

namespace slabring::cli {
namespace {

TEST(ProgressLine, HasBarRateAndTimeLeft) {
  EXPECT_EQ(progress_line("digest", 40, 100, 2.0), "digest [############                  ] 40/100  20/s  0:03 left");
}

TEST(ProgressLine, OfNothingDoneHasNoRate) {
  EXPECT_EQ(progress_line("bench", 0, 10, 0.0), "bench [                              ] 0/10");
}

TEST(ProgressLine, BeyondItsTotalIsFull) {
  EXPECT_EQ(progress_line("x", 12, 10, 1.0), "x [##############################] 12/10  12/s  0:00 left");
}

}  // namespace
}  // namespace slabring::cli
