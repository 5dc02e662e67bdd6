// What happens to one image after decoding, on one core. The photos of $SLABRING_PHOTOS (a folder of class folders)
// show how much that is beside decoding them; without it those benchmarks are left out. $SLABRING_KERNELS, such as
// AVX2, names the instruction set to measure instead of the best.
#include <benchmark/benchmark.h>
#include <sys/mman.h>
#include <time.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "augment/kernel_target.hpp"
#include "augment/program.hpp"
#include "augment/scratch.hpp"
#include "base/random.hpp"
#include "decode/decoder.hpp"
#include "read/file_reader.hpp"

namespace slabring {
namespace {

[[maybe_unused]] const bool target_chosen = [] {
  const char* target = std::getenv("SLABRING_KERNELS");
  if (target != nullptr) choose_kernel_target(target);
  return target != nullptr;
}();

// Rows are written as a worker does it: one after another through slabs much larger than the caches, in huge pages as
// far as the kernel has them.
class Slab {
 public:
  explicit Slab(std::size_t row_bytes)
      : row_bytes_(row_bytes),
        size_((rows * row_bytes + huge_page - 1) / huge_page * huge_page),
        bytes_(static_cast<std::byte*>(std::aligned_alloc(huge_page, size_)), std::free) {
    if (!bytes_) throw std::bad_alloc();
    madvise(bytes_.get(), size_, MADV_HUGEPAGE);
    std::memset(bytes_.get(), 0, size_);
  }
  std::byte* next_row() { return bytes_.get() + (next_++ % rows) * row_bytes_; }

 private:
  static constexpr std::size_t rows = 64;
  static constexpr std::size_t huge_page = std::size_t{1} << 21;
  std::size_t row_bytes_;
  std::size_t size_;
  std::size_t next_ = 0;
  std::unique_ptr<std::byte, decltype(&std::free)> bytes_;
};

/// Time for each output pixel, shown with its unit.
benchmark::Counter per_pixel(double pixels) {
  return {pixels, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert};
}

// ---- pixels in memory ----

std::vector<std::uint8_t> some_pixels(std::size_t bytes) {
  std::vector<std::uint8_t> pixels(bytes);
  RandomStream random(1, SampleId{0}, 0);
  for (std::uint8_t& byte : pixels) byte = static_cast<std::uint8_t>(random.bits() >> 32);
  return pixels;
}

void run_on_pixels(benchmark::State& state, const Program& program, int width, int height) {
  const std::vector<std::uint8_t> pixels =
      some_pixels(static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 3);
  const RowShape& shape = program.row_shape();
  Slab slab(shape.bytes());
  AugmentScratch scratch;
  SamplePlan plan;
  for (auto _ : state) {
    program.plan(width, height, {}, plan);
    const Rect& region = plan.region();
    const std::ptrdiff_t stride = std::ptrdiff_t{width} * 3;
    const std::uint8_t* first = pixels.data() + region.y * stride + std::ptrdiff_t{region.x} * 3;
    program.run(plan, {first, region.width, region.height, 3, stride}, slab.next_row(), scratch);
  }
  state.counters["per_pixel"] = per_pixel(double{1} * shape.width * shape.height);
}

/// ImageNet's median size, all of it: what Pillow's Image.resize does, see compare_resize.py.
void Resize500x375To224(benchmark::State& state, Interpolation interpolation) {
  run_on_pixels(state, Program({Resize(Size(224, 224), interpolation)}, DType::u8, Layout::nhwc), 500, 375);
}
BENCHMARK_CAPTURE(Resize500x375To224, bilinear, Interpolation::bilinear)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(Resize500x375To224, bicubic, Interpolation::bicubic)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(Resize500x375To224, lanczos, Interpolation::lanczos)->Unit(benchmark::kMicrosecond);

/// A photo of a camera.
void Resize4000x3000To224(benchmark::State& state, Interpolation interpolation) {
  run_on_pixels(state, Program({Resize(Size(224, 224), interpolation)}, DType::u8, Layout::nhwc), 4000, 3000);
}
BENCHMARK_CAPTURE(Resize4000x3000To224, bilinear, Interpolation::bilinear)->Unit(benchmark::kMicrosecond);

/// No resampling: layout and normalisation alone.
void Convert224(benchmark::State& state, DType dtype, Layout layout) {
  Pipeline pipeline({CenterCrop(224)});
  if (dtype != DType::u8) pipeline = Pipeline({CenterCrop(224), Normalize::imagenet()});
  run_on_pixels(state, Program(pipeline, dtype, layout), 224, 224);
}
BENCHMARK_CAPTURE(Convert224, f32_nchw, DType::f32, Layout::nchw)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(Convert224, f32_nhwc, DType::f32, Layout::nhwc)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(Convert224, f16_nchw, DType::f16, Layout::nchw)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(Convert224, f16_nhwc, DType::f16, Layout::nhwc)->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(Convert224, u8_nchw, DType::u8, Layout::nchw)->Unit(benchmark::kMicrosecond);

// ---- photos ----

std::vector<std::vector<std::byte>> read_photos() {
  std::vector<std::vector<std::byte>> photos;
  const char* folder = std::getenv("SLABRING_PHOTOS");
  if (folder == nullptr) return photos;
  FileReader reader;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    const auto bytes = reader.read(entry.path().string(), std::uint64_t{1} << 30);
    photos.emplace_back(bytes.begin(), bytes.end());
  }
  return photos;
}

/// Time of this thread on a processor: others on the machine change it less than the time of day.
struct Clock {
  using duration = std::chrono::nanoseconds;
  static duration now() {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  }
};

/// Decoding of the drawn regions by either decoder, and what `train` does around it, taken in turns on the same images.
void TrainPhotos(benchmark::State& state, DType dtype) {
  const std::vector<std::vector<std::byte>> photos = read_photos();
  if (photos.empty()) return state.SkipWithError("$SLABRING_PHOTOS names no folder of photos");

  const Program program(Pipeline::train(224, dtype != DType::u8), dtype, Layout::nchw);
  Slab slab(program.row_shape().bytes());
  Decoder native;
  Decoder libjpeg(DecodeLimits{}, JpegDecoding::libjpeg);
  AugmentScratch scratch;
  SamplePlan plan;
  Clock::duration by_native{};
  Clock::duration by_libjpeg{};
  Clock::duration after{};
  std::uint64_t epoch = 0;
  std::size_t images = 0;
  for (auto _ : state) {
    const std::uint64_t key = epoch_key(1, epoch++, RandomPurpose::augment);
    for (std::size_t i = 0; i < photos.size(); ++i) {
      const auto decoded_by = [&](Decoder& decoder, Clock::duration& time) {
        const auto begin = Clock::now();
        const ImageHeader header = decoder.open(photos[i]);
        const auto opened = Clock::now();
        program.plan(header.width, header.height, {key, SampleId{i}}, plan);
        const auto planned = Clock::now();
        const ImageView pixels = decoder.decode(plan.region());
        time += (opened - begin) + (Clock::now() - planned);
        if (&decoder == &native) after += planned - opened;
        return pixels;
      };
      decoded_by(libjpeg, by_libjpeg);
      const ImageView pixels = decoded_by(native, by_native);
      const auto decoded = Clock::now();
      program.run(plan, pixels, slab.next_row(), scratch);
      after += Clock::now() - decoded;
    }
    images += photos.size();
  }
  const auto seconds = [&](Clock::duration time) {
    return std::chrono::duration<double>(time).count() / static_cast<double>(images);
  };
  state.counters["after"] = seconds(after);
  state.counters["after/libjpeg"] = seconds(after) / seconds(by_libjpeg);
  state.counters["after/native"] = seconds(after) / seconds(by_native);
  state.counters["after_per_pixel"] = seconds(after) / (224 * 224);
}
BENCHMARK_CAPTURE(TrainPhotos, f32, DType::f32)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(TrainPhotos, f16, DType::f16)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(TrainPhotos, u8, DType::u8)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace slabring
