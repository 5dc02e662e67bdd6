#include "loader/rank_environment.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <string_view>

#include "slabring/error.hpp"

namespace slabring {
namespace {

/// The variables of one launcher, in the order in which they are looked for; nullptr: it has none.
struct Launcher {
  const char* name;
  const char* rank;
  std::array<const char*, 2> world;
  const char* local_rank;
  std::array<const char*, 2> local_world;
};

// Open MPI: "Environment variables" of its FAQ. PMI: what hydra sets for MPICH and Intel MPI; MPI_LOCALRANKID is theirs
// too. SLURM_NTASKS is of the job, SLURM_STEP_NUM_TASKS of the srun that started this process.
constexpr std::array launchers{
    Launcher{"torchrun", "RANK", {"WORLD_SIZE"}, "LOCAL_RANK", {"LOCAL_WORLD_SIZE"}},
    Launcher{"Open MPI",
             "OMPI_COMM_WORLD_RANK",
             {"OMPI_COMM_WORLD_SIZE"},
             "OMPI_COMM_WORLD_LOCAL_RANK",
             {"OMPI_COMM_WORLD_LOCAL_SIZE"}},
    Launcher{"PMI", "PMI_RANK", {"PMI_SIZE"}, "MPI_LOCALRANKID", {"MPI_LOCALNRANKS"}},
    Launcher{"PMIx", "PMIX_RANK", {"PMIX_SIZE", "SLURM_STEP_NUM_TASKS"}, nullptr, {}},
    Launcher{"Slurm", "SLURM_PROCID", {"SLURM_STEP_NUM_TASKS", "SLURM_NTASKS"}, "SLURM_LOCALID", {}},
};

[[noreturn]] void refuse(const std::string& sentence) { throw Error(ErrorCode::invalid_argument, sentence); }

std::optional<int> number(const Environment& environment, const char* name) {
  const char* text = name != nullptr ? environment(name) : nullptr;
  if (text == nullptr || *text == '\0') return std::nullopt;
  const std::string_view digits(text);
  int value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error != std::errc{} || end != digits.data() + digits.size() || value < 0) {
    refuse(fmt::format("the environment says {}={}, which is not a whole number from 0 up", name, text));
  }
  return value;
}

/// The first of `names` that is set, and its value.
struct Named {
  const char* name = nullptr;
  std::optional<int> value;
};
Named first_of(const Environment& environment, const std::array<const char*, 2>& names) {
  for (const char* name : names) {
    if (const auto value = number(environment, name)) return {name, value};
  }
  return {};
}

/// Nothing: this launcher did not start the process.
std::optional<FoundRanks> find(const Launcher& launcher, const Environment& environment) {
  const auto rank = number(environment, launcher.rank);
  const Named world = first_of(environment, launcher.world);
  if (!rank || !world.value) return std::nullopt;
  if (*rank >= *world.value) {
    refuse(fmt::format("the environment says {}={} and {}={}; ranks go from 0 to the world's size - 1", launcher.rank,
                       *rank, world.name, *world.value));
  }
  return FoundRanks{rank, world.value, number(environment, launcher.local_rank),
                    first_of(environment, launcher.local_world).value,
                    fmt::format("{} ({}, {})", launcher.name, launcher.rank, world.name)};
}

/// torchrun's variables are also set by hand, one of them or both.
void refuse_half_a_pair(const Environment& environment) {
  const bool has_rank = number(environment, "RANK").has_value();
  const bool has_world = number(environment, "WORLD_SIZE").has_value();
  if (has_rank && !has_world) refuse("the environment sets RANK and not WORLD_SIZE; set both or neither");
}

/// torchrun may stand inside another launcher and number as it likes; variables set by hand must agree with it.
void refuse_contradiction(const FoundRanks& by_hand, const FoundRanks& launcher) {
  if (by_hand.rank == launcher.rank && by_hand.world == launcher.world) return;
  refuse(
      fmt::format("{} says rank {} of {}, {} says rank {} of {}; which of them is right is not to be guessed: unset "
                  "the one that is not, or set the options rank and world without looking at the environment",
                  by_hand.source, *by_hand.rank, *by_hand.world, launcher.source, *launcher.rank, *launcher.world));
}

std::optional<int> slurm_tasks_here(const Environment& environment) {
  const auto node = number(environment, "SLURM_NODEID");
  for (const char* name : {"SLURM_STEP_TASKS_PER_NODE", "SLURM_TASKS_PER_NODE"}) {
    if (const char* list = environment(name); list != nullptr && node) return slurm_tasks_of_node(list, *node);
  }
  return std::nullopt;
}

/// An indexed job numbers its pods and does not tell them how many they are.
FoundRanks kubernetes(const Environment& environment) {
  const auto rank = number(environment, "JOB_COMPLETION_INDEX");
  if (!rank) return {};
  FoundRanks found{rank, number(environment, "WORLD_SIZE"), std::nullopt, std::nullopt,
                   "Kubernetes (JOB_COMPLETION_INDEX)"};
  if (found.world) found.source = "Kubernetes (JOB_COMPLETION_INDEX, WORLD_SIZE)";
  if (found.world && *rank >= *found.world) {
    refuse(
        fmt::format("the environment says JOB_COMPLETION_INDEX={} and WORLD_SIZE={}; ranks go from 0 to the world's "
                    "size - 1",
                    *rank, *found.world));
  }
  return found;
}

}  // namespace

FoundRanks find_ranks(const Environment& environment) {
  std::optional<FoundRanks> by_hand;
  for (const Launcher& launcher : launchers) {
    std::optional<FoundRanks> found = find(launcher, environment);
    if (!found) continue;
    const bool torch_variables = &launcher == launchers.data();
    if (launcher.name == std::string_view("Slurm")) found->local_world = slurm_tasks_here(environment);
    if (torch_variables && environment("TORCHELASTIC_RUN_ID") == nullptr) {
      by_hand = std::move(found);
      continue;
    }
    if (!by_hand) return *std::move(found);
    // A job's own shell counts as task 0 of all: only a launcher that started several says anything.
    refuse_contradiction(*by_hand, *found);
    return *std::move(by_hand);
  }
  if (by_hand) return *std::move(by_hand);
  FoundRanks indexed = kubernetes(environment);
  if (indexed.source.empty()) refuse_half_a_pair(environment);
  return indexed;
}

std::optional<int> slurm_tasks_of_node(const std::string& list, int node) {
  std::string_view left(list);
  const auto take = [&left](int& value) {
    const auto [end, error] = std::from_chars(left.data(), left.data() + left.size(), value);
    if (error != std::errc{} || value < 1) return false;
    left.remove_prefix(static_cast<std::size_t>(end - left.data()));
    return true;
  };
  while (!left.empty()) {
    int tasks = 0;
    int nodes = 1;
    if (!take(tasks)) return std::nullopt;
    if (left.starts_with("(x")) {
      left.remove_prefix(2);
      if (!take(nodes) || !left.starts_with(')')) return std::nullopt;
      left.remove_prefix(1);
    }
    if (node < nodes) return tasks;
    node -= nodes;
    if (left.empty()) break;
    if (!left.starts_with(',')) return std::nullopt;
    left.remove_prefix(1);
  }
  return std::nullopt;
}

}  // namespace slabring
