#include "loader/rank_place.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "plan/mesh.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

constexpr int most_ranks = 1'000'000;

[[noreturn]] void refuse(const std::string& sentence) { throw Error(ErrorCode::invalid_argument, sentence); }

/// The option, or what was found; they may not differ.
std::optional<int> agreed(const char* option, std::optional<int> set, std::optional<int> found,
                          const std::string& source) {
  if (set && found && *set != *found) {
    refuse(fmt::format("option {} is {}, and {} says {}; set it to the same, or do not look at the environment", option,
                       *set, source, *found));
  }
  return set ? set : found;
}

std::string source_of(const LoaderOptions& options, const FoundRanks& found) {
  if (found.source.empty()) return options.rank ? "options" : "default";
  return found.world ? found.source : found.source + ", option world";
}

void check(std::optional<int> rank, std::optional<int> world, const FoundRanks& found) {
  if (rank && !world) {
    refuse(found.source.empty() ? fmt::format("option rank is {} and world is not set; set both or neither", *rank)
                                : fmt::format("{} says rank {}, and nothing says of how many; set the option world",
                                              found.source, *rank));
  }
  if (world && !rank) refuse(fmt::format("option world is {} and rank is not set; set both or neither", *world));
  if (!world) return;
  if (*world < 1 || *world > most_ranks) {
    refuse(fmt::format("option world is {}; it must be from 1 to {}", *world, most_ranks));
  }
  if (*rank < 0 || *rank >= *world) {
    refuse(fmt::format("option rank is {} and world is {}; ranks go from 0 to world - 1, here {}", *rank, *world,
                       *world - 1));
  }
}

int resolve_local_world(const LoaderOptions& options, const FoundRanks& found, int world) {
  const int local_world = options.local_world ? *options.local_world : found.local_world.value_or(1);
  if (options.local_world && (local_world < 1 || local_world > world)) {
    refuse(fmt::format("option local_world is {} and world is {}; ranks on this host are from 1 to all of them",
                       local_world, world));
  }
  return std::max(1, local_world);
}

}  // namespace

RankPlace resolve_ranks(const LoaderOptions& options, const Environment& environment) {
  const FoundRanks found = options.ranks_from_environment ? find_ranks(environment) : FoundRanks{};
  const auto rank = agreed("rank", options.rank, found.rank, found.source);
  const auto world = agreed("world", options.world, found.world, found.source);
  check(rank, world, found);
  RankPlace place;
  place.rank = rank.value_or(0);
  place.world = world.value_or(1);
  place.source = source_of(options, found);
  place.local_rank = found.local_rank.value_or(-1);
  place.local_world = resolve_local_world(options, found, place.world);
  const Share share = share_of(place.rank, place.world, options.mesh);
  place.share = share.share;
  place.shares = share.shares;
  return place;
}

RankPlace resolve_ranks(const LoaderOptions& options) {
  // Nobody changes the environment of a process that has threads. NOLINTNEXTLINE(concurrency-mt-unsafe)
  return resolve_ranks(options, [](const char* name) -> const char* { return std::getenv(name); });
}

void RankPlace::write_to(LoaderStats& stats) const {
  stats.rank = rank;
  stats.world = world;
  stats.share = share;
  stats.shares = shares;
  stats.local_rank = local_rank;
  stats.local_world = local_world;
  stats.rank_source = source;
}

}  // namespace slabring
