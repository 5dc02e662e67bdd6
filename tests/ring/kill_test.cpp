// SIGKILL at every fault point, in real processes. Whatever a process was about to do, the others repair it: the stream
// is complete and right, and nobody waits for a time-out.

#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "ring/crew.hpp"
#include "sync/fault_point.hpp"

namespace slabring::ring {
namespace {

struct Kill {
  FaultPoint point;
  std::uint64_t arrival;
};
void PrintTo(const Kill& kill, std::ostream* out) { *out << to_string(kill.point) << " " << kill.arrival; }

using enum FaultPoint;
constexpr FaultPoint worker_points[] = {claim_scan,       claim_cas,   claimed,          hint_advanced,    active_set,
                                        row_half_written, row_written, done_set,         batch_complete,   published,
                                        sleep_registered, sleeping,    bell_bit_cleared, bell_epoch_bumped};
constexpr FaultPoint coordinator_points[] = {recover_seen, recover_cas,     recover_freed,
                                             recover_hint, quarantine_mine, bell_forced};
constexpr FaultPoint trainer_points[] = {arm_owners, arm_bitmap,       arm_order,        arm_issued,
                                         cancel_cas, bell_bit_cleared, bell_epoch_bumped};

std::vector<Kill> kills(std::span<const FaultPoint> points, std::initializer_list<std::uint64_t> arrivals) {
  std::vector<Kill> table;
  for (const FaultPoint point : points) {
    for (const std::uint64_t arrival : arrivals) table.push_back({point, arrival});
  }
  return table;
}

std::string name_of(const testing::TestParamInfo<Kill>& kill) {
  return std::string(to_string(kill.param.point)) + "_" + std::to_string(kill.param.arrival);
}

void expect_a_right_stream(const CrewReport& report) {
  EXPECT_EQ(report.wrong_rows, 0u);
  EXPECT_EQ(report.timeouts, 0u) << "somebody was not woken";
  EXPECT_GT(report.rows, 0u);
}

// ---- workers

class WorkerKilled : public testing::TestWithParam<Kill> {};
INSTANTIATE_TEST_SUITE_P(At, WorkerKilled, testing::ValuesIn(kills(worker_points, {1, 2, 9})), name_of);

TEST_P(WorkerKilled, IsReplacedAndNothingIsLost) {
  const Kill kill = GetParam();
  Crew crew({.deaths = 1, .in_worker = [kill](std::uint32_t slot, std::uint32_t generation) {
               if (slot == 0 && generation == 0) kill_at(kill.point, kill.arrival);
             }});
  crew.run();
  EXPECT_EQ(crew.trainer(), Ending::finished);
  EXPECT_EQ(crew.coordinator(), Ending::finished);
  EXPECT_EQ(crew.report().worker_deaths, 1u);
  EXPECT_EQ(crew.report().quarantined_rows, 0u);
  expect_a_right_stream(crew.report());
}

// ---- coordinators, each while it recovers a worker; a successor recovers the same one again

class CoordinatorKilled : public testing::TestWithParam<Kill> {};
INSTANTIATE_TEST_SUITE_P(At, CoordinatorKilled, testing::ValuesIn(kills(coordinator_points, {1, 2})), name_of);

TEST_P(CoordinatorKilled, IsSucceededByOneThatFinishesItsWork) {
  const Kill kill = GetParam();
  // The workers crash on two samples, so that by their quarantine every point has been passed twice.
  Crew crew({.poison_tickets = {21, 37}, .in_coordinator = [kill](int generation) {
               if (generation == 0) kill_at(kill.point, kill.arrival);
             }});
  crew.run();
  EXPECT_EQ(crew.trainer(), Ending::finished);
  EXPECT_EQ(crew.coordinator(), Ending::finished);
  EXPECT_EQ(crew.report().coordinator_deaths, 1u);
  EXPECT_EQ(crew.report().quarantined_rows, 2u);
  expect_a_right_stream(crew.report());
}

// ---- the trainer: everything ends

class TrainerKilled : public testing::TestWithParam<Kill> {};
INSTANTIATE_TEST_SUITE_P(At, TrainerKilled, testing::ValuesIn(kills(trainer_points, {1, 4})), name_of);

TEST_P(TrainerKilled, TakesEveryProcessWithIt) {
  const Kill kill = GetParam();
  Crew crew({.batches = ~std::uint64_t{0}, .in_trainer = [kill] { kill_at(kill.point, kill.arrival); }});
  crew.run();
  EXPECT_EQ(crew.trainer(), Ending::killed);
  EXPECT_EQ(crew.coordinator(), Ending::lost_trainer);
  EXPECT_TRUE(crew.workers_gone());
  EXPECT_EQ(crew.report().wrong_rows, 0u);
  EXPECT_EQ(crew.report().timeouts, 0u);
}

TEST(TrainerKilledWhileStopping, LeavesItsLastWakeToTheCoordinator) {
  Crew crew({.in_trainer = [] { kill_at(bell_forced, 1); }});
  crew.run();
  EXPECT_EQ(crew.trainer(), Ending::killed);
  EXPECT_EQ(crew.coordinator(), Ending::finished);
  EXPECT_TRUE(crew.workers_gone());
  EXPECT_EQ(crew.report().timeouts, 0u);
}

// ---- and no point is forgotten

TEST(FaultPoints, EachIsWhereSomeProcessIsKilled) {
  std::set<FaultPoint> killed_at;
  for (const auto points : {std::span<const FaultPoint>(worker_points), std::span<const FaultPoint>(coordinator_points),
                            std::span<const FaultPoint>(trainer_points)}) {
    killed_at.insert(points.begin(), points.end());
  }
  for (std::size_t i = 1; i < fault_point_count; ++i) {
    const auto point = static_cast<FaultPoint>(i);
    EXPECT_TRUE(killed_at.contains(point)) << to_string(point);
  }
}

}  // namespace
}  // namespace slabring::ring
