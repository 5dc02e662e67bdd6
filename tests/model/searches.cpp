#include <array>

#include "configuration.hpp"

namespace slabring::model {
namespace {

constexpr auto one_coordinator = RecoveryRule::one_coordinator;

constexpr std::array small = {
    Expectation{.what = "one coordinator for ever",
                .configuration = {.partial_batch = 1, .recovery = one_coordinator},
                .states = 2'439'240},
    Expectation{.what = "partial batch first", .configuration = {}, .states = 3'432'045, .reach_end = true},
    Expectation{.what = "a coordinator dies quarantining",
                .configuration = {.rows = 1, .coordinator_kills = 1, .quarantine_at = 1},
                .states = 1'559'189,
                .reach_end = true},
    Expectation{.what = "a coordinator dies condemning",
                .configuration = {.rows = 1, .coordinator_kills = 1, .condemn_at = 1},
                .states = 1'800'207,
                .reach_end = true},
    Expectation{
        .what = "early break", .configuration = {.rows = 1, .cancel = true}, .states = 1'850'211, .reach_end = true},
    Expectation{.what = "released out of order",
                .configuration = {.slabs = 2, .rows = 1, .batches = 3, .out_of_order = true},
                .states = 3'716'836},
    Expectation{.what = "wake chain",
                .configuration = {.rows = 1, .coordinator_kills = 1, .wake_chain = true},
                .states = 2'041'765,
                .reach_end = true},
    Expectation{.what = "wake chain of three",
                .configuration = {.workers = 3, .rows = 1, .kills = 0, .wake_chain = true},
                .states = 1'596'271},
};

// The first fourteen are those that the protocol was designed with, when a coordinator's death ended everything.
constexpr std::array full = {
    Expectation{.what = "partial batch first",
                .configuration = {.batches = 3, .recovery = one_coordinator},
                .states = 7'942'303},
    Expectation{.what = "partial batch first, two slabs",
                .configuration = {.slabs = 2, .batches = 3, .recovery = one_coordinator},
                .states = 38'663'857},
    Expectation{.what = "released out of order, two held",
                .configuration =
                    {.slabs = 2, .batches = 3, .partial_batch = 2, .out_of_order = true, .recovery = one_coordinator},
                .states = 32'547'922},
    Expectation{.what = "redone twice",
                .configuration = {.kills = 2, .quarantine_at = 3, .recovery = one_coordinator},
                .states = 14'567'794},
    Expectation{.what = "redone twice, two slabs",
                .configuration = {.slabs = 2, .kills = 2, .quarantine_at = 3, .recovery = one_coordinator},
                .states = 46'177'452},
    Expectation{.what = "quarantine at the first death",
                .configuration = {.slabs = 2, .quarantine_at = 1, .recovery = one_coordinator},
                .states = 4'382'196},
    Expectation{.what = "early break at any look",
                .configuration = {.slabs = 2, .cancel = true, .recovery = one_coordinator},
                .states = 35'432'765},
    Expectation{.what = "early break and quarantine",
                .configuration =
                    {.slabs = 2, .quarantine_at = 1, .partial_batch = 1, .cancel = true, .recovery = one_coordinator},
                .states = 19'797'286},
    Expectation{.what = "wake chain",
                .configuration = {.slabs = 2, .wake_chain = true, .recovery = one_coordinator},
                .states = 8'230'546},
    Expectation{.what = "wake chain of three",
                .configuration =
                    {.workers = 3, .rows = 1, .partial_batch = -1, .wake_chain = true, .recovery = one_coordinator},
                .states = 20'918'188},
    Expectation{.what = "three workers",
                .configuration = {.workers = 3, .kills = 0, .recovery = one_coordinator},
                .states = 19'207'696},
    Expectation{.what = "the end stays reachable",
                .configuration = {.recovery = one_coordinator},
                .states = 3'034'429,
                .reach_end = true},
    Expectation{.what = "the end stays reachable, wake chain",
                .configuration = {.wake_chain = true, .recovery = one_coordinator},
                .states = 3'188'662,
                .reach_end = true},
    Expectation{.what = "the end stays reachable, early break",
                .configuration = {.cancel = true, .recovery = one_coordinator},
                .states = 12'445'992,
                .reach_end = true},
    // As lib/ring does it: a coordinator may die in recovery too, and its successor recovers again.
    Expectation{.what = "a coordinator dies",
                .configuration = {.coordinator_kills = 1},
                .states = 10'488'257,
                .reach_end = true},
    Expectation{.what = "a coordinator dies quarantining",
                .configuration = {.coordinator_kills = 1, .quarantine_at = 1},
                .states = 7'859'924},
    Expectation{.what = "a coordinator dies quarantining, two slabs",
                .configuration = {.slabs = 2, .coordinator_kills = 1, .quarantine_at = 1},
                .states = 23'149'834},
    Expectation{.what = "a coordinator dies condemning",
                .configuration = {.coordinator_kills = 1, .quarantine_at = 3, .condemn_at = 1},
                .states = 9'754'187,
                .reach_end = true},
    Expectation{.what = "a coordinator dies condemning, two slabs",
                .configuration = {.slabs = 2, .coordinator_kills = 1, .quarantine_at = 2, .condemn_at = 1},
                .states = 30'582'890},
    Expectation{
        .what = "a coordinator dies condemning, early break",
        .configuration = {.rows = 1, .coordinator_kills = 1, .quarantine_at = 2, .condemn_at = 1, .cancel = true},
        .states = 4'935'546},
    Expectation{.what = "two workers and a coordinator die",
                .configuration = {.rows = 1, .kills = 2, .coordinator_kills = 1},
                .states = 7'295'327},
    Expectation{.what = "a coordinator dies, released out of order",
                .configuration = {.slabs = 2, .rows = 1, .batches = 3, .coordinator_kills = 1, .out_of_order = true},
                .states = 11'733'282},
    Expectation{.what = "a coordinator dies, wake chain",
                .configuration = {.coordinator_kills = 1, .wake_chain = true},
                .states = 11'199'174},
    Expectation{.what = "a coordinator dies, early break",
                .configuration = {.rows = 1, .batches = 3, .coordinator_kills = 1, .cancel = true},
                .states = 13'370'529},
};

}  // namespace

std::span<const Expectation> small_searches() noexcept { return small; }
std::span<const Expectation> full_searches() noexcept { return full; }

Configuration bounds_for(Mutant mutant) noexcept {
  Configuration bounds;
  bounds.mutant = mutant;
  switch (mutant) {
    case Mutant::hint_lowered_for_own_rows_only: bounds.coordinator_kills = 1; break;
    case Mutant::quarantine_left_to_the_dead:
      bounds.coordinator_kills = 1;
      bounds.quarantine_at = 1;
      break;
    default: break;
  }
  return bounds;
}

}  // namespace slabring::model
