#include "progress.hpp"

#include <gtest/gtest.h>

#include "data_source.hpp"
#include "slabring/source_options.hpp"

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

TEST(ProgressLine, OfAnUnknownTotalHasNoBar) {
  EXPECT_EQ(progress_line("index, samples", 60'000, Progress::unknown, 2.0), "index, samples 60000  30000/s");
}

TEST(IndexLine, SaysHowFastAndWhere) {
  IndexOutcome outcome;
  outcome.source = "m.csv";
  outcome.samples = 1'000'000;
  outcome.seconds = 0.5;
  outcome.made = true;
  outcome.reason = "open /x: Permission denied";
  EXPECT_EQ(index_line(outcome),
            "indexed 1000000 samples of m.csv in 0.50 s, 2000000/s; not kept: open /x: Permission denied");
  outcome.kept_in = "/cache/manifest-1.index";
  EXPECT_EQ(index_line(outcome),
            "indexed 1000000 samples of m.csv in 0.50 s, 2000000/s; kept in /cache/manifest-1.index");
}

}  // namespace
}  // namespace slabring::cli
