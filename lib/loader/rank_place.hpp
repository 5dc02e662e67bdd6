#pragma once

#include <string>

#include "loader/rank_environment.hpp"
#include "slabring/options.hpp"
#include "slabring/stats.hpp"

namespace slabring {

/// Where this process stands among those that share its data, and who says so.
struct RankPlace {
  int rank = 0;
  int world = 1;
  int share = 0;
  int shares = 1;
  int local_rank = -1;  ///< on this host; -1: not known
  int local_world = 1;
  std::string source;  ///< as LoaderStats::rank_source

  void write_to(LoaderStats& stats) const;
};

/// What the options say, and the environment where they ask for it. Throws Error(invalid_argument) that names both
/// where they contradict each other, and for what makes no sense.
RankPlace resolve_ranks(const LoaderOptions& options, const Environment& environment);
/// With the environment of this process.
RankPlace resolve_ranks(const LoaderOptions& options);

}  // namespace slabring
