// The native JPEG decoder beside libjpeg-turbo, on one core, from memory: both decode the same photos in turns. The
// photos are those of $SLABRING_PHOTOS (a folder of class folders). $SLABRING_KERNELS, such as AVX2, names the
// instruction set to measure instead of the best.
#include <benchmark/benchmark.h>
#include <time.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "augment/kernel_target.hpp"
#include "augment/program.hpp"
#include "base/random.hpp"
#include "base/sample_failure.hpp"
#include "decode/decoder.hpp"
#include "decode/jpeg_tiler.hpp"
#include "decode/jpeg_tiles.hpp"
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
      const std::uint64_t before = decoder.decoded_native();
      try {
        const ImageHeader header = decoder.open(bytes);
        decoder.decode({0, 0, header.width, header.height});
      } catch (const SampleFailure&) {  // such as the description that `slabring synth` leaves beside its images
      }
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

/// Brings a file into the cache, where it is when a loader has just read it, whoever decoded it before.
void touch(std::span<const std::byte> file) {
  constexpr std::size_t line = 64;
  for (std::size_t at = 0; at < file.size(); at += line) benchmark::DoNotOptimize(std::to_integer<int>(file[at]));
}
void touch(const TiledJpeg& file) { touch(file.bytes()); }

bool are_equal(const ImageView& a, const ImageView& b) {
  for (int y = 0; y < a.height; ++y) {
    if (std::memcmp(a.row(y), b.row(y), static_cast<std::size_t>(a.width) * 3) != 0) return false;
  }
  return true;
}

/// Both decoders, and how long each took so far.
class Race {
 public:
  template <class RegionOf>
  void run(const Photo& photo, const RegionOf& region_of) {
    const ImageView expected = timed(libjpeg_, libjpeg_seconds_, photo, region_of);
    const ImageView found = timed(native_, native_seconds_, photo, region_of);
    are_equal_ = are_equal_ && are_equal(found, expected);
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
    touch(photo);
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

/// A decoder doing one thing to all photos, and how long it took so far. The decoder may do others in between: a worker
/// has one for everything, whose memory is in the cache.
class Runner {
 public:
  explicit Runner(Decoder& decoder) : decoder_(decoder) {}

  template <class File, class RegionOf>
  ImageView run(File& file, const RegionOf& region_of) {
    touch(file);
    const double begin = thread_seconds();
    const ImageHeader header = decoder_.open(file);
    const ImageView pixels = decoder_.decode(region_of(header));
    seconds_ += thread_seconds() - begin;
    return pixels;
  }
  double seconds() const { return seconds_; }

 private:
  Decoder& decoder_;
  double seconds_ = 0;
};

/// A photo in tiles, and how many of its bytes were asked for.
class TiledPhoto final : public TiledJpeg {
 public:
  TiledPhoto(std::span<const std::byte> file, JpegTiles tiles)
      : file_(file.begin(), file.end()), tiles_(std::move(tiles)) {}

  std::span<const std::byte> bytes() const noexcept override { return file_; }
  const JpegTiles& tiles() const noexcept override { return tiles_; }
  bool fetch(std::size_t begin, std::size_t end) override {
    fetched_ += end - begin;
    return true;
  }
  std::span<const std::byte> whole() override { return file_; }
  std::size_t fetched() const { return fetched_; }

 private:
  Photo file_;
  JpegTiles tiles_;
  std::size_t fetched_ = 0;
};

std::vector<TiledPhoto>& tiled_photos() {
  static std::vector<TiledPhoto> all = [] {
    std::vector<TiledPhoto> found;
    JpegTiler tiler;
    for (const Photo& photo : photos()) {
      const auto tiled = tiler.tile(photo);
      if (!tiled) return std::vector<TiledPhoto>();
      found.emplace_back(tiled->file, tiled->tiles);
    }
    return found;
  }();
  return all;
}

/// Everything in turns, photo by photo: whole photos, the regions of RandomResizedCrop, and the same regions of the
/// photos coded anew in tiles.
void WholeRegionsAndTiles(benchmark::State& state) {
  if (photos().empty()) return state.SkipWithError("$SLABRING_PHOTOS names no folder of photos");
  if (tiled_photos().empty()) return state.SkipWithError("a photo cannot be tiled");
  const Program program(Pipeline::train(224, false), DType::u8, Layout::nhwc);
  SamplePlan plan;
  Decoder libjpeg(DecodeLimits{}, JpegDecoding::libjpeg);
  Decoder native(DecodeLimits{}, JpegDecoding::native);
  Runner libjpeg_whole(libjpeg), libjpeg_region(libjpeg);
  Runner native_whole(native), native_region(native), tiled(native);
  double images = 0;
  static std::uint64_t epoch = 0;  // of all repetitions: the photos count on as well
  for (auto _ : state) {
    const std::uint64_t key = epoch_key(1, epoch++, RandomPurpose::augment);
    for (std::size_t i = 0; i < photos().size(); ++i) {
      const auto whole = [](const ImageHeader& header) { return Rect{0, 0, header.width, header.height}; };
      const auto region = [&](const ImageHeader& header) {
        program.plan(header.width, header.height, {key, SampleId{i}}, plan);
        return plan.region();
      };
      bool equal = are_equal(native_whole.run(photos()[i], whole), libjpeg_whole.run(photos()[i], whole));
      const ImageView expected = libjpeg_region.run(photos()[i], region);
      equal = equal && are_equal(native_region.run(photos()[i], region), expected);
      equal = equal && are_equal(tiled.run(tiled_photos()[i], region), expected);
      if (!equal) return state.SkipWithError("the pixels differ");
      ++images;
    }
  }
  double fetched = 0;
  double bytes = 0;
  for (const TiledPhoto& photo : tiled_photos()) {
    fetched += static_cast<double>(photo.fetched());
    bytes += static_cast<double>(photo.bytes().size()) * static_cast<double>(epoch);
  }
  state.counters["tiled_bytes_percent"] = 100 * fetched / bytes;
  state.counters["libjpeg_whole_us"] = 1e6 * libjpeg_whole.seconds() / images;
  state.counters["libjpeg_region_us"] = 1e6 * libjpeg_region.seconds() / images;
  state.counters["tiled_us"] = 1e6 * tiled.seconds() / images;
  state.counters["whole_times"] = libjpeg_whole.seconds() / native_whole.seconds();
  state.counters["region_times"] = libjpeg_region.seconds() / native_region.seconds();
  state.counters["tiled_times_region"] = libjpeg_region.seconds() / tiled.seconds();
  state.counters["tiled_times_whole"] = libjpeg_whole.seconds() / tiled.seconds();
}
BENCHMARK(WholeRegionsAndTiles)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace slabring
