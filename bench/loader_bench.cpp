// The whole loader without a decoder: samples of MNIST's size from memory, through worker processes, as a trainer sees
// them. What is left is claim, row, publish, arm and wake.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include "slabring/loader.hpp"

namespace {

/// 60,000 images of 28x28x1 bytes and their labels in memory, as MNIST's training set.
class InMemory : public slabring::Dataset {
 public:
  InMemory() : pixels_(count * bytes) {
    for (std::size_t i = 0; i < pixels_.size(); ++i) pixels_[i] = static_cast<std::uint8_t>(i * 2654435761U >> 24);
  }
  std::uint64_t size() const override { return count; }
  std::optional<slabring::SampleShape> sample_shape() const override { return slabring::SampleShape{28, 28, 1}; }
  void load(slabring::SampleId id, slabring::Sample& sample) const override {
    sample.set_label(static_cast<std::int64_t>(to_index(id) % 10));
    sample.from_pixels({pixels_.data() + to_index(id) * bytes, 28, 28, 1, 28});
  }

 private:
  static constexpr std::uint64_t count = 60'000;
  static constexpr std::size_t bytes = 784;  // 28 x 28
  std::vector<std::uint8_t> pixels_;
};

void MnistFromMemory(benchmark::State& state) {
  const InMemory dataset;
  slabring::LoaderOptions options{.batch_size = state.range(1), .shuffle = true};
  options.workers = static_cast<int>(state.range(0));
  options.prefetch = 8;
  options.start_method = slabring::StartMethod::fork;
  options.force_fork = true;  // the benchmark library may have threads; none of them holds a lock of ours
  slabring::Loader loader(dataset, {}, options);
  std::uint64_t epoch = 0;
  std::int64_t samples = 0;
  for (auto _ : state) {
    for (slabring::Batch& batch : loader.epoch(epoch)) {
      benchmark::DoNotOptimize(batch.images().data);
      samples += static_cast<std::int64_t>(batch.size());
    }
    ++epoch;
  }
  const slabring::LoaderStats stats = loader.stats();
  state.SetItemsProcessed(samples);
  state.counters["trainer_waits_per_batch"] = static_cast<double>(stats.waits) / static_cast<double>(stats.batches);
  state.counters["worker_sleeps_per_batch"] =
      static_cast<double>(stats.worker_sleeps) / static_cast<double>(stats.batches);
}
BENCHMARK(MnistFromMemory)
    ->ArgNames({"workers", "batch"})
    ->Args({0, 256})
    ->Args({1, 256})
    ->Args({2, 256})
    ->Args({2, 1024})
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

/// What memory alone allows: threads that do nothing but copy rows of CIFAR's size out of an array, in random order,
/// each into a ring's worth of memory of its own.
void RowsCopied(benchmark::State& state) {
  constexpr std::size_t row = 3072;  // 32 x 32 x 3
  constexpr std::size_t count = 50'000;
  static const std::vector<std::uint8_t> samples(row * count, 1);
  std::vector<std::uint8_t> slabs(row * 1024);
  std::minstd_rand random(static_cast<unsigned>(state.thread_index()) + 1);
  std::size_t place = 0;
  for (auto _ : state) {
    std::memcpy(slabs.data() + place * row, samples.data() + random() % count * row, row);
    benchmark::ClobberMemory();
    place = (place + 1) % 1024;
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(RowsCopied)->Threads(1)->Threads(2)->UseRealTime();

}  // namespace
