// Compares the native JPEG decoder with libjpeg-turbo over files of any origin:
//
//   jpeg_equality [--regions N] PATH...
//
// of every JPEG found at or below each PATH: the whole image, N random regions (20), and the same regions of the file
// coded anew in tiles, where only the bytes that were asked for are right. Either both decode the same pixels, or both
// refuse the file for the same reason. Prints a line for each PATH, and one for each difference; the exit status is 1
// when there was one or when there was no JPEG.
#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/sample_failure.hpp"
#include "decode/decoder.hpp"
#include "decode/jpeg_tiler.hpp"
#include "read/file_reader.hpp"
#include "support/counting_jpeg.hpp"
#include "support/decode_image.hpp"
#include "support/random_region.hpp"

namespace slabring {
namespace {

namespace fs = std::filesystem;

/// Pixels, or why there are none.
struct Outcome {
  test::RgbImage pixels;
  SampleStatus status = SampleStatus::ok;

  bool operator==(const Outcome&) const = default;
};

template <class File>
Outcome outcome_of(Decoder& decoder, File& file, const std::optional<Rect>& region) {
  Outcome outcome;
  try {
    const ImageHeader header = decoder.open(file);
    outcome.pixels = test::copy(decoder.decode(region.value_or(Rect{0, 0, header.width, header.height})));
  } catch (const SampleFailure& failure) {
    outcome.status = failure.status();
  }
  return outcome;
}

class Comparison {
 public:
  explicit Comparison(int regions) : regions_(regions) {}

  void add(const std::string& path) {
    const auto file = reader_.read(path, DecodeLimits{}.max_file_bytes);
    path_ = path;
    const std::optional<ImageHeader> header = header_of(file);
    if (!header) return;
    ++files_;
    const Outcome whole = outcome_of(libjpeg_, file, std::nullopt);
    if (whole.status != SampleStatus::ok) ++refused_;
    const std::uint64_t natively = native_.decoded_native();
    expect_equal(outcome_of(native_, file, std::nullopt), whole, "the whole image");
    natively_ += native_.decoded_native() - natively;
    const auto tiled = tiler_.tile(file);
    if (tiled) ++tiled_files_;
    for (int i = 0; i < regions_; ++i)
      compare_region(file, tiled, test::random_region(random_, header->width, header->height));
  }

  /// Prints what was compared. False: there was a difference, or no JPEG.
  bool report(std::string_view name) const {
    fmt::print(
        "{}: {} JPEGs ({} decoded natively, {} refused), {} regions, {} regions by tiles of {} files: {} differ\n",
        name, files_, natively_, refused_, region_count_, tiled_region_count_, tiled_files_, differences_);
    return differences_ == 0 && files_ > 0;
  }

 private:
  std::optional<ImageHeader> header_of(std::span<const std::byte> file) {
    try {
      const ImageHeader header = libjpeg_.open(file);
      if (header.format == ImageFormat::jpeg) return header;
    } catch (const SampleFailure&) {
    }
    return std::nullopt;
  }

  void compare_region(std::span<const std::byte> file, const std::optional<JpegTiler::Tiled>& tiled,
                      const Rect& region) {
    const std::string what = fmt::format("{}x{} at {}, {}", region.width, region.height, region.x, region.y);
    const Outcome expected = outcome_of(libjpeg_, file, region);
    expect_equal(outcome_of(native_, file, region), expected, what);
    ++region_count_;
    if (!tiled) return;
    test::CountingJpeg partial(tiled->file, tiled->tiles);
    expect_equal(outcome_of(native_, partial, region), expected, what + " by its tiles");
    ++tiled_region_count_;
  }

  void expect_equal(const Outcome& found, const Outcome& expected, std::string_view what) {
    if (found == expected) return;
    ++differences_;
    fmt::print("{}: {} differs: {}, libjpeg-turbo {}\n", path_, what, described(found), described(expected));
  }

  static std::string described(const Outcome& outcome) {
    if (outcome.status != SampleStatus::ok) return std::string(to_string(outcome.status));
    return fmt::format("{} x {} pixels", outcome.pixels.width, outcome.pixels.height);
  }

  int regions_;
  FileReader reader_;
  Decoder native_;
  Decoder libjpeg_{DecodeLimits{}, JpegDecoding::libjpeg};
  JpegTiler tiler_;
  std::mt19937 random_{20240607};  // the same regions each time
  std::string path_;
  int files_ = 0;
  std::uint64_t natively_ = 0;
  int refused_ = 0;
  int tiled_files_ = 0;
  std::uint64_t region_count_ = 0;
  std::uint64_t tiled_region_count_ = 0;
  std::uint64_t differences_ = 0;
};

std::vector<std::string> files_of(const fs::path& path) {
  if (fs::is_regular_file(path)) return {path.string()};
  std::vector<std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    if (entry.is_regular_file() && entry.file_size() > 0) files.push_back(entry.path().string());
  }
  std::ranges::sort(files);
  return files;
}

bool compare(const std::vector<std::string>& paths, int regions) {
  bool equal = true;
  for (const std::string& path : paths) {
    Comparison comparison(regions);
    for (const std::string& file : files_of(path)) comparison.add(file);
    equal = comparison.report(path) && equal;
  }
  return equal;
}

}  // namespace
}  // namespace slabring

int main(int argc, char** argv) {
  std::vector<std::string> paths(argv + 1, argv + argc);
  int regions = 20;
  if (paths.size() > 1 && paths[0] == "--regions") {
    regions = std::stoi(paths[1]);
    paths.erase(paths.begin(), paths.begin() + 2);
  }
  if (paths.empty()) {
    fmt::print(stderr, "usage: jpeg_equality [--regions N] PATH...\n");
    return 2;
  }
  return slabring::compare(paths, regions) ? 0 : 1;
}
