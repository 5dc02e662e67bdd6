#pragma once

#include <functional>
#include <optional>
#include <string>

namespace slabring {

/// What a launcher says about this process, and who said it. Unset is what it does not say.
struct FoundRanks {
  std::optional<int> rank;
  std::optional<int> world;
  std::optional<int> local_rank;   ///< among the processes of this host
  std::optional<int> local_world;  ///< processes of this host
  std::string source;              ///< "torchrun (RANK, WORLD_SIZE)"; empty: no launcher was found
};

/// The value of a variable, or nullptr: getenv, or a test's own.
using Environment = std::function<const char*(const char* name)>;

/// What the environment says. Of launchers that stand one inside the other the innermost counts: torchrun, Open MPI,
/// PMI (MPICH, Intel MPI), PMIx, Slurm, a Kubernetes indexed job, in this order.
///
/// Throws Error(invalid_argument) that names the variables: a value that is no number, a rank that is not below its
/// world, half of a pair, and RANK and WORLD_SIZE that were set by hand and contradict the launcher.
FoundRanks find_ranks(const Environment& environment);

/// The n-th number of Slurm's list "4(x2),3". Nothing where there is none.
std::optional<int> slurm_tasks_of_node(const std::string& list, int node);

}  // namespace slabring
