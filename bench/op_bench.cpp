// Each transform of `slabring ops`, with the parameters of its sheet, on one image in memory: what a pipeline that ends
// in a row of 224x224 bytes costs with it, for each pixel of the row. `nothing` is that pipeline without one.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <time.h>

#include <cstdint>
#include <vector>

#include "augment/program.hpp"
#include "augment/scratch.hpp"
#include "op_examples.hpp"

namespace slabring {
namespace {

constexpr int side = 224;

std::vector<std::uint8_t> some_pixels() {
  std::vector<std::uint8_t> pixels(std::size_t{side} * side * 3);
  RandomStream random(1, SampleId{0}, 0);
  for (std::uint8_t& byte : pixels) byte = static_cast<std::uint8_t>(40 + (random.bits() >> 33) % 128);
  return pixels;
}

bool works_on_rows(const Transform& op) {
  return std::holds_alternative<Normalize>(op) || std::holds_alternative<Standardize>(op) ||
         std::holds_alternative<RandomErasing>(op) || std::holds_alternative<MixUp>(op) ||
         std::holds_alternative<CutMix>(op);
}

// Of this thread: others on the machine change it less than the time of day.
double processor_nanoseconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

void run_op(benchmark::State& state, const Pipeline& pipeline, DType dtype) {
  const Program program(pipeline, dtype, Layout::nchw);
  const RowShape& shape = program.row_shape();
  const std::vector<std::uint8_t> pixels = some_pixels();
  std::vector<std::byte> row(shape.bytes());
  std::vector<std::byte> mixed(shape.bytes());
  AugmentScratch scratch;
  SamplePlan plan;
  std::uint64_t sample = 0;
  const double begin = processor_nanoseconds();
  for (auto _ : state) {
    program.plan(side, side, {7, SampleId{sample++}}, plan);
    const Rect& region = plan.region();
    const std::uint8_t* first = pixels.data() + (std::ptrdiff_t{region.y} * side + region.x) * 3;
    program.run(plan, {first, region.width, region.height, 3, std::ptrdiff_t{side} * 3}, row.data(), scratch);
    if (program.batch_mix() != nullptr) {
      mix_rows(program.batch_mix()->draw(7, sample, shape), shape, row.data(), row.data(), mixed.data());
    }
    benchmark::DoNotOptimize(row.data());
    benchmark::DoNotOptimize(mixed.data());
  }
  const double written = double{side} * side * static_cast<double>(state.iterations());
  state.counters["ns_per_pixel"] = (processor_nanoseconds() - begin) / written;
}

[[maybe_unused]] const bool registered = [] {
  const auto add = [](const std::string& name, const Pipeline& pipeline, DType dtype) {
    benchmark::RegisterBenchmark(fmt::format("Op/{}", name).c_str(), run_op, pipeline, dtype)
        ->Unit(benchmark::kMicrosecond);
  };
  add("nothing", Pipeline{CenterCrop(side)}, DType::u8);
  for (const cli::OpExample& example : cli::op_examples()) {
    const bool fractions =
        std::holds_alternative<Normalize>(example.transform) || std::holds_alternative<Standardize>(example.transform);
    const DType dtype = fractions ? DType::f32 : DType::u8;
    const Pipeline pipeline = works_on_rows(example.transform) ? Pipeline{CenterCrop(side), example.transform}
                                                               : Pipeline{example.transform, CenterCrop(side)};
    add(example.caption, pipeline, dtype);
  }
  return true;
}();

}  // namespace
}  // namespace slabring
