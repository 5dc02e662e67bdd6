// Memory of all processes together over a long run: what an outlier took is given back, and nothing is kept of what
// failed.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "slabring/loader.hpp"
#include "support/encode_image.hpp"
#include "support/temporary_folder.hpp"

namespace slabring {
namespace {

void write(const std::filesystem::path& file, const test::Bytes& bytes) {
  std::ofstream(file, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

/// Proportional set size in KiB: what processes share counts once. Without the pages of files: of libraries a process
/// has the larger share the fewer others use them, and other tests come and go.
double pss_of(int pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
  double sum = 0;
  for (std::string word; file >> word;) {
    double kib = 0;
    if ((word == "Pss_Anon:" || word == "Pss_Shmem:") && file >> kib) sum += kib;
  }
  return sum;
}

double pss_of_all(const Loader& loader) {
  const LoaderStats stats = loader.stats();
  double sum = pss_of(getpid()) + pss_of(stats.coordinator_pid);
  for (const int pid : stats.worker_pids) sum += pss_of(pid);
  return sum;
}

/// Runs the epochs; returns KiB at the end of each.
std::vector<double> memory_over(Loader& loader, std::uint64_t epochs) {
  std::vector<double> samples;
  for (std::uint64_t epoch = 0; epoch < epochs; ++epoch) {
    for ([[maybe_unused]] Batch& batch : loader.epoch(epoch)) {
    }
    samples.push_back(pss_of_all(loader));
  }
  EXPECT_GT(samples.front(), 0) << "/proc/self/smaps_rollup has no Pss_Anon";
  return samples;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// KiB by which the second half lies above the first, once the run is warm.
double growth(const std::vector<double>& samples) {
  const auto begin = samples.begin() + static_cast<std::ptrdiff_t>(samples.size() / 5);
  const auto half = begin + (samples.end() - begin) / 2;
  return median({half, samples.end()}) - median({begin, half});
}

constexpr double allowed_growth = 2048;  // KiB of some tens of MiB; a leak of 40 bytes a sample would be 4 MiB

LoaderOptions options() {
  return {.batch_size = 100, .shuffle = true, .seed = 1, .on_error = OnError::mask, .workers = 2};
}

TEST(Memory, DoesNotGrowOver200000SamplesWithAnOutlierNowAndThen) {
  const test::TemporaryFolder folder;
  for (std::uint32_t i = 0; i < 999; ++i) {
    write(folder.path() / fmt::format("{:04}.jpg", i), test::encode_jpeg(40, 32, {.luma = {2, 2}, .seed = i}));
  }
  write(folder.path() / "outlier.jpg", test::encode_jpeg(2400, 1800, {.quality = 40, .luma = {2, 2}}));
  const ImageFolder dataset(folder.path());
  Loader loader(dataset, {RandomResizedCrop{16}}, options());
  const std::vector<double> samples = memory_over(loader, 200);
  EXPECT_EQ(loader.stats().samples, 200'000U);
  EXPECT_LT(growth(samples), allowed_growth) << ::testing::PrintToString(samples);
}

TEST(Memory, DoesNotGrowOver50000CorruptFiles) {
  const test::TemporaryFolder folder;
  for (std::uint32_t i = 0; i < 500; ++i) {
    test::Bytes bytes = test::encode_jpeg(60, 50, {.seed = i});
    bytes.resize(bytes.size() / 2 + i % 100);
    write(folder.path() / fmt::format("{:04}.jpg", i), bytes);
  }
  const ImageFolder dataset(folder.path());
  Loader loader(dataset, {RandomResizedCrop{16}}, options());
  const std::vector<double> samples = memory_over(loader, 100);
  EXPECT_EQ(loader.stats().faults, 50'000U);
  EXPECT_EQ(loader.faults().size(), 500U);
  EXPECT_LT(growth(samples), allowed_growth) << ::testing::PrintToString(samples);
}

}  // namespace
}  // namespace slabring
