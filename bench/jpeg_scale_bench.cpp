// One JPEG from its bytes to a row of 224x224 as `val` makes it, with both values of jpeg_scale. The file is
// $SLABRING_JPEG; bench/compare_jpeg_scale.py makes some and compares with Pillow.
#include <benchmark/benchmark.h>

#include <atomic>
#include <cstdlib>
#include <vector>

#include "augment/program.hpp"
#include "augment/scratch.hpp"
#include "engine/row_engine.hpp"
#include "read/file_reader.hpp"

namespace slabring {
namespace {

void val_224(benchmark::State& state, JpegScale scale) {
  const char* path = std::getenv("SLABRING_JPEG");
  if (path == nullptr) return state.SkipWithError("SLABRING_JPEG names no file");
  FileReader reader;
  const std::span<const std::byte> file = reader.read(path, DecodeLimits{}.max_file_bytes);
  const Program program(Pipeline::val(224, false), DType::u8, Layout::nchw);
  std::vector<std::byte> row(program.row_shape().bytes());
  Decoder decoder;
  SamplePlan plan;
  AugmentScratch scratch;
  std::atomic<ring::Stage> stage{};
  for ([[maybe_unused]] auto _ : state) {
    const ImageHeader header = decoder.open(file);
    program.plan(header.width, header.height, {}, plan);
    decode_and_run(decoder, scale, plan, program, row, scratch, stage);
    benchmark::ClobberMemory();
  }
}

BENCHMARK_CAPTURE(val_224, exact, JpegScale::exact)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(val_224, fast, JpegScale::fast)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace slabring
