// Workers killed and stopped at random while every delivered row is compared.

#include <gtest/gtest.h>

#include <iostream>

#include "ring/crew.hpp"

namespace slabring::ring {
namespace {

struct Weather {
  std::uint32_t batch_size;
  std::uint32_t slabs;
  std::uint32_t workers;
};

class KillStorm : public testing::TestWithParam<Weather> {};
INSTANTIATE_TEST_SUITE_P(Over, KillStorm, testing::Values(Weather{1, 2, 2}, Weather{64, 3, 4}, Weather{130, 4, 6}),
                         [](const auto& test) {
                           return "BatchOf" + std::to_string(test.param.batch_size) + "With" +
                                  std::to_string(test.param.workers) + "Workers";
                         });

TEST_P(KillStorm, LosesNothingAndNeedsNoTimeOut) {
  Crew crew({.batch_size = GetParam().batch_size,
             .slabs = GetParam().slabs,
             .workers = GetParam().workers,
             .row_bytes = 32 << 10,  // long enough to be killed in
             .deaths = 500,
             .storm_seed = 20'240 + GetParam().batch_size});
  crew.run();
  const CrewReport& report = crew.report();
  std::cout << report.batches << " batches, " << report.rows << " rows (" << report.cancelled_rows << " cancelled), "
            << report.worker_deaths << " workers killed, " << report.stops << " stopped, " << report.rows_redone
            << " rows redone, " << report.wrong_rows << " wrong, " << report.timeouts << " time-outs\n";

  EXPECT_EQ(crew.trainer(), Ending::finished);
  EXPECT_EQ(crew.coordinator(), Ending::finished);
  EXPECT_EQ(report.wrong_rows, 0u);
  EXPECT_EQ(report.quarantined_rows, 0u) << "being killed is not the sample's fault";
  EXPECT_EQ(report.timeouts, 0u);
  // What a storm is: otherwise this has shown nothing.
  EXPECT_GE(report.worker_deaths, 500u);
  EXPECT_GT(report.rows_redone, 0u);
  EXPECT_GT(report.stops, 0u);
}

}  // namespace
}  // namespace slabring::ring
