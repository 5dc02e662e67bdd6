// What launchers set, as they set it.
#include "loader/rank_place.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "slabring/error.hpp"

namespace slabring {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using Variables = std::map<std::string, std::string>;

RankPlace place(const Variables& variables, LoaderOptions options = {}) {
  options.ranks_from_environment = true;
  return resolve_ranks(options, [&](const char* name) -> const char* {
    const auto found = variables.find(name);
    return found == variables.end() ? nullptr : found->second.c_str();
  });
}

std::string complaint(const Variables& variables, const LoaderOptions& options = {}) {
  try {
    place(variables, options);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::invalid_argument);
    return error.what();
  }
  return "accepted";
}

const Variables torchrun{{"RANK", "5"},
                         {"WORLD_SIZE", "8"},
                         {"LOCAL_RANK", "1"},
                         {"LOCAL_WORLD_SIZE", "4"},
                         {"TORCHELASTIC_RUN_ID", "none"}};
const Variables open_mpi{{"OMPI_COMM_WORLD_RANK", "2"},
                         {"OMPI_COMM_WORLD_SIZE", "4"},
                         {"OMPI_COMM_WORLD_LOCAL_RANK", "0"},
                         {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"}};
const Variables slurm{{"SLURM_PROCID", "6"},
                      {"SLURM_NTASKS", "8"},
                      {"SLURM_LOCALID", "2"},
                      {"SLURM_NODEID", "1"},
                      {"SLURM_STEP_TASKS_PER_NODE", "4(x2)"}};

Variables both(Variables one, const Variables& other) {
  one.insert(other.begin(), other.end());
  return one;
}

TEST(RankPlace, IsFoundWithEveryLauncher) {
  const RankPlace torch = place(torchrun);
  EXPECT_EQ(std::tuple(torch.rank, torch.world, torch.local_rank, torch.local_world), std::tuple(5, 8, 1, 4));
  EXPECT_EQ(torch.source, "torchrun (RANK, WORLD_SIZE)");
  const RankPlace mpi = place(open_mpi);
  EXPECT_EQ(std::tuple(mpi.rank, mpi.world, mpi.local_rank, mpi.local_world), std::tuple(2, 4, 0, 2));
  EXPECT_EQ(mpi.source, "Open MPI (OMPI_COMM_WORLD_RANK, OMPI_COMM_WORLD_SIZE)");
  const RankPlace step = place(slurm);
  EXPECT_EQ(std::tuple(step.rank, step.world, step.local_rank, step.local_world), std::tuple(6, 8, 2, 4));
  EXPECT_EQ(step.source, "Slurm (SLURM_PROCID, SLURM_NTASKS)");
  const RankPlace pmi =
      place({{"PMI_RANK", "1"}, {"PMI_SIZE", "3"}, {"MPI_LOCALNRANKS", "3"}, {"MPI_LOCALRANKID", "1"}});
  EXPECT_EQ(std::tuple(pmi.rank, pmi.world, pmi.local_rank, pmi.local_world), std::tuple(1, 3, 1, 3));
  const RankPlace pmix = place({{"PMIX_RANK", "1"}, {"SLURM_STEP_NUM_TASKS", "2"}});
  EXPECT_EQ(std::tuple(pmix.rank, pmix.world, pmix.source),
            std::tuple(1, 2, std::string("PMIx (PMIX_RANK, SLURM_STEP_NUM_TASKS)")));
}

TEST(RankPlace, OfAKubernetesJobNeedsItsSizeFromSomewhere) {
  const Variables pod{{"JOB_COMPLETION_INDEX", "3"}};
  EXPECT_THAT(complaint(pod), HasSubstr("Kubernetes (JOB_COMPLETION_INDEX) says rank 3, and nothing says of how many"));
  const RankPlace told = place(pod, {.world = 4});
  EXPECT_EQ(std::pair(told.rank, told.world), std::pair(3, 4));
  EXPECT_EQ(told.source, "Kubernetes (JOB_COMPLETION_INDEX), option world");
  EXPECT_EQ(place(both(pod, {{"WORLD_SIZE", "5"}})).world, 5);
  EXPECT_THAT(complaint(both(pod, {{"WORLD_SIZE", "3"}})), HasSubstr("JOB_COMPLETION_INDEX=3 and WORLD_SIZE=3"));
}

TEST(RankPlace, WithoutALauncherIsTheOnlyOne) {
  const RankPlace alone = place({});
  EXPECT_EQ(std::tuple(alone.rank, alone.world, alone.local_rank, alone.local_world), std::tuple(0, 1, -1, 1));
  EXPECT_EQ(alone.source, "default");
}

TEST(RankPlace, IgnoresTheEnvironmentUnlessAsked) {
  const Environment environment = [](const char*) { return "7"; };
  EXPECT_EQ(resolve_ranks(LoaderOptions{}, environment).world, 1);
  const RankPlace set = resolve_ranks({.rank = 1, .world = 2}, environment);
  EXPECT_EQ(std::tuple(set.rank, set.world, set.source), std::tuple(1, 2, std::string("options")));
}

TEST(RankPlace, OfTheInnermostLauncherCounts) {
  const Variables srun{{"SLURM_PROCID", "1"}, {"SLURM_NTASKS", "2"}, {"SLURM_STEP_NUM_TASKS", "2"}};
  EXPECT_EQ(place(both(torchrun, srun)).rank, 5);
  EXPECT_EQ(place(both(open_mpi, {{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "4"}})).rank, 2);
}

TEST(RankPlace, ThatIsContradictoryIsRefusedNamingBothSources) {
  EXPECT_THAT(complaint(torchrun, {.rank = 4, .world = 8}),
              AllOf(HasSubstr("option rank is 4"), HasSubstr("torchrun (RANK, WORLD_SIZE) says 5")));
  EXPECT_THAT(complaint(open_mpi, {.rank = 2, .world = 8}),
              AllOf(HasSubstr("option world is 8"), HasSubstr("Open MPI"), HasSubstr("says 4")));
  EXPECT_THAT(complaint(both({{"RANK", "0"}, {"WORLD_SIZE", "4"}}, open_mpi)),
              AllOf(HasSubstr("torchrun (RANK, WORLD_SIZE) says rank 0 of 4"), HasSubstr("Open MPI"),
                    HasSubstr("says rank 2 of 4")));
  EXPECT_EQ(place(both({{"RANK", "2"}, {"WORLD_SIZE", "4"}}, open_mpi)).rank, 2);
}

TEST(RankPlace, ThatMakesNoSenseIsRefused) {
  EXPECT_THAT(complaint({{"RANK", "8"}, {"WORLD_SIZE", "8"}}), HasSubstr("RANK=8 and WORLD_SIZE=8"));
  EXPECT_THAT(complaint({{"RANK", "one"}, {"WORLD_SIZE", "8"}}), HasSubstr("RANK=one, which is not a whole number"));
  EXPECT_THAT(complaint({{"RANK", "-1"}, {"WORLD_SIZE", "8"}}), HasSubstr("RANK=-1"));
  EXPECT_THAT(complaint({{"RANK", "1"}}), HasSubstr("sets RANK and not WORLD_SIZE"));
  EXPECT_THAT(complaint({}, {.local_world = 2}), HasSubstr("option local_world is 2 and world is 1"));
}

TEST(RankPlace, OnAMeshHasAShareOfItsOwnOrOneInCommon) {
  const RankPlace third = place(torchrun, {.mesh = {{"data", 4}, {"model", 2}}});
  EXPECT_EQ(std::pair(third.share, third.shares), std::pair(2, 4));
}

TEST(SlurmTasks, AreReadForEachNode) {
  EXPECT_EQ(slurm_tasks_of_node("4(x2),3", 0), 4);
  EXPECT_EQ(slurm_tasks_of_node("4(x2),3", 1), 4);
  EXPECT_EQ(slurm_tasks_of_node("4(x2),3", 2), 3);
  EXPECT_EQ(slurm_tasks_of_node("4(x2),3", 3), std::nullopt);
  for (const char* broken : {"", "x", "4(x", "4(x2", "4(y2)", "4;3", "-1", "99999999999"}) {
    EXPECT_EQ(slurm_tasks_of_node(broken, 5), std::nullopt) << broken;
  }
}

}  // namespace
}  // namespace slabring
