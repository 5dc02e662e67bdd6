// The native JPEG decoder beside libjpeg-turbo, on one core, from memory: both decode the same photos in turns. The
// photos are those of $SLABRING_PHOTOS (a folder of class folders). $SLABRING_KERNELS, such as AVX2, names the
// instruction set to measure instead of the best.
#include <benchmark/benchmark.h>
#include <time.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "augment/kernel_target.hpp"
#include "augment/program.hpp"
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

using Photo = std::vector<std::byte>;

/// Those that the native decoder reads: the others are libjpeg-turbo's on both sides.
const std::vector<Photo>& photos() {
  static const std::vector<Photo> all = [] {
    std::vector<Photo> found;
    const char* folder = std::getenv("SLABRING_PHOTOS");
    if (folder == nullptr) return found;
    FileReader reader;
    Decoder decoder;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
      if (!entry.is_regular_file()) continue;
      const auto bytes = reader.read(entry.path().string(), std::uint64_t{1} << 30);
      const ImageHeader header = decoder.open(bytes);
      const std::uint64_t before = decoder.decoded_native();
      decoder.decode({0, 0, header.width, header.height});
      if (decoder.decoded_native() > before) found.emplace_back(bytes.begin(), bytes.end());
    }
    return found;
  }();
  return all;
}

/// Time of this thread on a processor: others on the machine change it less than the time of day.
double thread_seconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

/// Both decoders, and how long each took so far.
class Race {
 public:
  template <class RegionOf>
  void run(const Photo& photo, const RegionOf& region_of) {
    const ImageView expected = timed(libjpeg_, libjpeg_seconds_, photo, region_of);
    const ImageView found = timed(native_, native_seconds_, photo, region_of);
    for (int y = 0; y < found.height; ++y) {
      are_equal_ =
          are_equal_ && std::memcmp(found.row(y), expected.row(y), static_cast<std::size_t>(found.width) * 3) == 0;
    }
    ++images_;
  }

  void report(benchmark::State& state) {
    if (!are_equal_) return state.SkipWithError("the pixels differ");
    const auto images = static_cast<double>(images_);
    state.counters["libjpeg_us"] = 1e6 * libjpeg_seconds_ / images;
    state.counters["native_us"] = 1e6 * native_seconds_ / images;
    state.counters["times_as_fast"] = libjpeg_seconds_ / native_seconds_;
  }

 private:
  template <class RegionOf>
  static ImageView timed(Decoder& decoder, double& seconds, const Photo& photo, const RegionOf& region_of) {
    const double begin = thread_seconds();
    const ImageHeader header = decoder.open(photo);
    const ImageView pixels = decoder.decode(region_of(header));
    seconds += thread_seconds() - begin;
    return pixels;
  }

  Decoder libjpeg_{DecodeLimits{}, JpegDecoding::libjpeg};
  Decoder native_{DecodeLimits{}, JpegDecoding::native};
  double libjpeg_seconds_ = 0;
  double native_seconds_ = 0;
  std::uint64_t images_ = 0;
  bool are_equal_ = true;
};

void WholePhotos(benchmark::State& state) {
  if (photos().empty()) return state.SkipWithError("$SLABRING_PHOTOS names no folder of photos");
  Race race;
  for (auto _ : state) {
    for (const Photo& photo : photos()) {
      race.run(photo, [](const ImageHeader& header) { return Rect{0, 0, header.width, header.height}; });
    }
  }
  race.report(state);
}
BENCHMARK(WholePhotos)->Unit(benchmark::kMillisecond);

/// The regions that RandomResizedCrop draws, other ones each time.
void TrainRegions(benchmark::State& state) {
  if (photos().empty()) return state.SkipWithError("$SLABRING_PHOTOS names no folder of photos");
  const Program program(Pipeline::train(224, false), DType::u8, Layout::nhwc);
  SamplePlan plan;
  Race race;
  std::uint64_t epoch = 0;
  for (auto _ : state) {
    const std::uint64_t key = epoch_key(1, epoch++, RandomPurpose::augment);
    for (std::size_t i = 0; i < photos().size(); ++i) {
      race.run(photos()[i], [&](const ImageHeader& header) {
        program.plan(header.width, header.height, {key, SampleId{i}}, plan);
        return plan.region();
      });
    }
  }
  race.report(state);
}
BENCHMARK(TrainRegions)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace slabring
