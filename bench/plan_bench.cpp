// What it costs to know which sample comes next: a plan of 10 billion samples, its seek, the share of each of 1,000
// ranks, every sampler; and the ways that keep a list, std::shuffle and (compare_order.py) PyTorch's.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <random>
#include <vector>

#include "plan/epoch_plan.hpp"
#include "slabring/transform.hpp"

namespace slabring {
namespace {

constexpr std::uint64_t ten_billion = 10'000'000'000;
constexpr std::uint32_t batch_size = 256;

/// Nanoseconds an id of whole batches, one after the other.
void deliver(benchmark::State& state, const PlanOptions& options) {
  EpochPlan plan(options);
  std::vector<SampleId> ids(options.batch_size);
  std::uint64_t number = 0;
  std::uint64_t epoch = 0;
  for (auto _ : state) {
    auto batch = plan.batch(number++);
    if (!batch) {
      batch = plan.batch(0);
      number = 1;
      ++epoch;
    }
    plan.ids(epoch, *batch, ids);
    benchmark::DoNotOptimize(ids.data());
  }
  state.SetItemsProcessed(state.iterations() * options.batch_size);
}

void BM_PlanShuffled(benchmark::State& state) {
  deliver(state, {.samples = static_cast<std::uint64_t>(state.range(0)), .batch_size = batch_size, .shuffle = true});
}
BENCHMARK(BM_PlanShuffled)->Arg(1'000'000)->Arg(100'000'000)->Arg(ten_billion);

void BM_PlanShuffledForRank999Of1000(benchmark::State& state) {
  deliver(state, {.samples = ten_billion, .batch_size = batch_size, .shuffle = true, .share = 999, .shares = 1000});
}
BENCHMARK(BM_PlanShuffledForRank999Of1000);

/// A batch anywhere in an epoch that was not looked at before.
void BM_Seek(benchmark::State& state) {
  EpochPlan plan({.samples = ten_billion, .batch_size = batch_size, .shuffle = true, .shares = 1000});
  std::vector<SampleId> ids(batch_size);
  RandomStream random(1, SampleId{0}, 0);
  std::uint64_t epoch = 0;
  for (auto _ : state) {
    plan.ids(epoch++, plan.batch(random.below(plan.batches() - 1)).value(), ids);
    benchmark::DoNotOptimize(ids.data());
  }
}
BENCHMARK(BM_Seek);

void BM_MakePlanForEachOf1000Ranks(benchmark::State& state) {
  for (auto _ : state) {
    std::uint64_t rows = 0;
    for (std::uint32_t share = 0; share < 1000; ++share) {
      const EpochPlan plan(
          {.samples = ten_billion, .batch_size = batch_size, .shuffle = true, .share = share, .shares = 1000});
      rows += plan.rows();
    }
    benchmark::DoNotOptimize(rows);
  }
}
BENCHMARK(BM_MakePlanForEachOf1000Ranks)->Unit(benchmark::kMicrosecond);

constexpr std::uint64_t million = 1'000'000;

void BM_Sampler(benchmark::State& state, const Sampler& sampler) {
  deliver(state, {.samples = million, .batch_size = batch_size, .sampler = sampler, .drop_last = true});
}

std::vector<double> million_weights() {
  std::vector<double> weights(million);
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<double>(i % 100);
  return weights;
}

std::vector<std::int64_t> million_labels() {
  std::vector<std::int64_t> labels(million);
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<std::int64_t>(i * i % 1000);
  return labels;
}

BENCHMARK_CAPTURE(BM_Sampler, with_replacement, Sampler::with_replacement());
BENCHMARK_CAPTURE(BM_Sampler, weighted, Sampler::weighted(million_weights()));
BENCHMARK_CAPTURE(BM_Sampler, weighted_once, Sampler::weighted(million_weights(), /*replacement=*/false));
BENCHMARK_CAPTURE(BM_Sampler, class_balanced, Sampler::class_balanced(million_labels()));
BENCHMARK_CAPTURE(BM_Sampler, window_1000, Sampler::window_shuffle(1000));
BENCHMARK_CAPTURE(BM_Sampler, repeat, Sampler::random().repeat(300'000));

void BM_MakeWeighted(benchmark::State& state) {
  const std::vector<double> weights = million_weights();
  for (auto _ : state) benchmark::DoNotOptimize(Sampler::weighted(weights));
}
BENCHMARK(BM_MakeWeighted)->Unit(benchmark::kMillisecond);

/// What holds a trainer up where an epoch ends: its last batch was planned, and now the first of the next one is.
void BM_EpochBeginsWeightedOnce(benchmark::State& state) {
  EpochPlan plan({.samples = million,
                  .batch_size = batch_size,
                  .sampler = Sampler::weighted(million_weights(), /*replacement=*/false),
                  .drop_last = true});
  std::vector<SampleId> ids(batch_size);
  std::uint64_t epoch = 0;
  for (auto _ : state) {
    state.PauseTiming();
    plan.ids(epoch, plan.batch(plan.batches() - 1).value(), ids);
    state.ResumeTiming();
    plan.ids(++epoch, plan.batch(0).value(), ids);
  }
}
BENCHMARK(BM_EpochBeginsWeightedOnce)->Unit(benchmark::kMillisecond);

/// The order of an epoch, first to last, by the permutation and by a list that is shuffled: the same work.
void BM_WholeEpochByPlan(benchmark::State& state) {
  const auto samples = static_cast<std::uint64_t>(state.range(0));
  const auto order = make_epoch_order(Sampler::random().spec(), samples, 1);
  std::uint64_t epoch = 0;
  for (auto _ : state) {
    std::uint64_t sum = 0;
    ++epoch;
    for (std::uint64_t position = 0; position < samples; ++position) sum += to_index(order->at(epoch, position).id);
    benchmark::DoNotOptimize(sum);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_WholeEpochByPlan)->Arg(1'000'000)->Arg(100'000'000)->Unit(benchmark::kMillisecond);

void BM_WholeEpochByStdShuffle(benchmark::State& state) {
  std::uint64_t epoch = 0;
  for (auto _ : state) {
    std::vector<std::uint64_t> order(static_cast<std::size_t>(state.range(0)));
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), std::mt19937_64(++epoch));
    std::uint64_t sum = 0;
    for (const std::uint64_t id : order) sum += id;
    benchmark::DoNotOptimize(sum);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["list_bytes"] = static_cast<double>(state.range(0)) * sizeof(std::uint64_t);
}
BENCHMARK(BM_WholeEpochByStdShuffle)->Arg(1'000'000)->Arg(100'000'000)->Unit(benchmark::kMillisecond);

/// Exact: the shares of 1,000 ranks of 10 million samples, each id ticked off.
void BM_UnionOf1000Ranks(benchmark::State& state) {
  constexpr std::uint64_t samples = 10'000'000;
  for (auto _ : state) {
    std::vector<bool> seen(samples, false);
    std::uint64_t twice = 0;
    std::uint64_t delivered = 0;
    std::vector<SampleId> ids(64);
    for (std::uint32_t share = 0; share < 1000; ++share) {
      EpochPlan plan({.samples = samples,
                      .batch_size = 64,
                      .shuffle = true,
                      .share = share,
                      .shares = 1000,
                      .uneven = Uneven::exact});
      for (std::uint64_t number = 0; number < plan.batches(); ++number) {
        const PlannedBatch batch = plan.batch(number).value();
        plan.ids(0, batch, ids);
        delivered += batch.own;
        for (std::uint32_t row = 0; row < batch.own; ++row) {
          auto at = seen[to_index(ids[row])];
          twice += at ? 1 : 0;
          at = true;
        }
      }
    }
    if (twice != 0 || delivered != samples) state.SkipWithError("the shares are not the epoch");
  }
}
BENCHMARK(BM_UnionOf1000Ranks)->Unit(benchmark::kMillisecond)->Iterations(1);

}  // namespace
}  // namespace slabring
