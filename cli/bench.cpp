#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "command.hpp"
#include "common_options.hpp"
#include "data_source.hpp"
#include "fault_list.hpp"
#include "json_output.hpp"
#include "numbers.hpp"
#include "progress.hpp"
#include "resources.hpp"
#include "slabring/version.hpp"
#include "version.hpp"

namespace slabring::cli {

namespace {

constexpr const char* manual =
    "Runs the loader with nothing behind it and says how fast it is.\n"
    "\n"
    "images_per_second      median over the epochs after the first\n"
    "first_batch_ms         from constructing the Loader to holding the first batch; loader_start_ms is the part of "
    "it\n"
    "                       that the constructor took\n"
    "cpu_seconds            of this process, the coordinator and the workers, over all epochs\n"
    "trainer_wait_fraction  share of the epochs after the first that this process waited for a batch\n"
    "decoded_native         JPEGs that slabring's own decoder decoded, in all epochs; decoded_fallback: libjpeg-turbo\n"
    "cache                  what became of a cache (--cache, cache:), all epochs together: its limit, the bytes and\n"
    "                       samples in it, loads of samples that were there (hits) and that were not (misses), and "
    "how\n"
    "                       often one did not fit (not_kept); each setting begins with an empty --cache\n"
    "peak_pss_bytes         memory of all these processes together, the ring counted once; sampled in the first epoch\n"
    "                       and at the end\n"
    "\n"
    "Example:\n"
    "  slabring bench photos --sweep 0,1,2,4 --dtype f32 --json";

using Clock = std::chrono::steady_clock;

struct BenchArguments {
  LoaderArguments loader;
  std::vector<int> sweep;
  std::uint64_t epochs = 4;
  bool json = false;
};

/// What one setting came to; the names of the figures are those of the JSON.
struct BenchRun {
  LoaderOptions options;  ///< in force
  RowShape row;
  int workers = 0;
  double images_per_second = 0;
  double first_batch_ms = 0;
  double loader_start_ms = 0;
  double cpu_seconds = 0;
  double trainer_wait_fraction = 0;
  std::uint64_t peak_pss_bytes = 0;
  std::uint64_t epochs = 0;
  std::uint64_t images = 0;
  std::uint64_t faults = 0;
  std::uint64_t decoded_native = 0;
  std::uint64_t decoded_fallback = 0;
  CacheStats cache;
};

double seconds_since(Clock::time_point then) { return std::chrono::duration<double>(Clock::now() - then).count(); }

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

/// One Loader from its first batch to its last.
class Measurement {
 public:
  Measurement(const Dataset& dataset, const LoaderRequest& request)
      : begun_(Clock::now()),
        loader_(dataset, request.pipeline, request.options),
        progress_("bench", loader_.samples_per_epoch() * request.options.epochs) {
    run_.loader_start_ms = seconds_since(begun_) * 1e3;
    run_.options = loader_.options();
    run_.row = loader_.row_shape();
    run_.workers = loader_.stats().workers;
    run_.epochs = request.options.epochs;
  }

  /// All but cpu_seconds, which is known once the processes have ended.
  BenchRun run() {
    for (std::uint64_t number = 0; number != run_.epochs; ++number) run_epoch(number);
    // The first epoch holds the start, so it counts only where it is the only one.
    const std::size_t skipped = rates_.size() > 1 ? 1 : 0;
    run_.images_per_second = median({rates_.begin() + static_cast<std::ptrdiff_t>(skipped), rates_.end()});
    const LoaderStats stats = loader_.stats();
    const EpochEnd& from = skipped == 1 ? first_epoch_end_ : start_;
    run_.trainer_wait_fraction = (stats.wait_seconds - from.wait_seconds) / seconds_since(from.time);
    run_.images = stats.samples;
    run_.faults = stats.faults;
    run_.decoded_native = stats.decoded_native;
    run_.decoded_fallback = stats.decoded_fallback;
    run_.cache = stats.cache;
    look_at_memory();
    progress_.wipe();
    print_failed_samples(loader_);
    return run_;
  }

 private:
  struct EpochEnd {
    Clock::time_point time;
    double wait_seconds = 0;
  };

  void run_epoch(std::uint64_t number) {
    const Clock::time_point begun = Clock::now();
    if (number == 0) start_ = {begun, 0};
    const std::uint64_t sample_every = std::max<std::uint64_t>(loader_.batches_per_epoch() / memory_samples, 1);
    std::uint64_t images = 0;
    for (const Batch& batch : loader_.epoch(number)) {
      if (number == 0 && batch.index() == 0) run_.first_batch_ms = seconds_since(begun_) * 1e3;
      images += batch.size();
      // Not in the epochs that count: the kernel walks through the whole ring for it, which with small arrays was 7 %
      // of the time (perf).
      if (number == 0 && batch.index() % sample_every == 0 && batch.index() / sample_every < memory_samples) {
        look_at_memory();
      }
      progress_.advance(batch.size());
    }
    rates_.push_back(static_cast<double>(images) / seconds_since(begun));
    if (number == 0) first_epoch_end_ = {Clock::now(), loader_.stats().wait_seconds};
  }

  void look_at_memory() { run_.peak_pss_bytes = std::max(run_.peak_pss_bytes, pss_bytes(loader_.stats())); }

  static constexpr std::uint64_t memory_samples = 4;

  Clock::time_point begun_;
  Loader loader_;
  Progress progress_;
  BenchRun run_;
  std::vector<double> rates_;
  EpochEnd start_;
  EpochEnd first_epoch_end_;
};

BenchRun measure(const Dataset& dataset, const LoaderRequest& request) {
  const double cpu_before = cpu_seconds();
  // The Measurement, and with it the Loader, ends here: only then have its processes been waited for.
  BenchRun run = Measurement(dataset, request).run();
  run.cpu_seconds = cpu_seconds() - cpu_before;
  return run;
}

Json to_json(const CacheStats& cache) {
  return {{"limit_bytes", cache.limit_bytes},
          {"used_bytes", cache.used_bytes},
          {"samples", cache.samples},
          {"not_kept", cache.not_kept},
          {"hits", cache.hits},
          {"misses", cache.misses}};
}

Json to_json(const BenchRun& run) {
  Json json{{"workers", run.workers},
            {"images_per_second", run.images_per_second},
            {"first_batch_ms", run.first_batch_ms},
            {"loader_start_ms", run.loader_start_ms},
            {"cpu_seconds", run.cpu_seconds},
            {"trainer_wait_fraction", run.trainer_wait_fraction},
            {"peak_pss_bytes", run.peak_pss_bytes},
            {"epochs", run.epochs},
            {"images", run.images},
            {"faults", run.faults},
            {"decoded_native", run.decoded_native},
            {"decoded_fallback", run.decoded_fallback}};
  if (run.cache.limit_bytes > 0) json["cache"] = to_json(run.cache);
  return json;
}

void print_json(const BenchArguments& arguments, std::span<const BenchRun> runs) {
  const LoaderOptions& options = runs.front().options;
  const RowShape& row = runs.front().row;
  Json report{{"slabring", version()},
              {"libjpeg_turbo", libjpeg_turbo_version()},
              {"data", arguments.loader.data},
              {"pipeline", arguments.loader.pipeline.pipeline},
              {"height", row.height},
              {"width", row.width},
              {"channels", row.channels},
              {"dtype", to_string(row.dtype)},
              {"layout", to_string(row.layout)},
              {"batch", options.batch_size},
              {"shuffle", options.shuffle},
              {"drop_last", options.drop_last},
              {"seed", options.seed},
              {"prefetch", options.prefetch},
              {"start", to_string(options.start_method)},
              {"jpeg_decoder", to_string(options.jpeg_decoder)}};
  if (row.array) report["shape"] = std::vector<std::int64_t>(row.array->begin(), row.array->end());
  for (const BenchRun& run : runs) report["runs"].push_back(to_json(run));
  print_json_object(report);
}

/// Who set the pace, from how long this process waited.
std::string verdict(const BenchRun& run) {
  constexpr double mostly = 0.5;
  constexpr double hardly = 0.05;
  if (run.workers == 0) return "this process does all the work";
  const std::string waited =
      fmt::format("this process waited for {:.0f} % of the time", run.trainer_wait_fraction * 100);
  if (run.trainer_wait_fraction >= mostly) return waited + ": worker-bound";
  if (run.trainer_wait_fraction <= hardly) return waited + ": trainer-bound";
  return waited + ": neither side alone sets the pace";
}

std::string text_of(const CacheStats& cache) {
  constexpr double mebibyte = 1 << 20;
  return fmt::format("{} samples in {:.1f} of {:.1f} MiB; {} hits, {} misses, {} times one did not fit", cache.samples,
                     static_cast<double>(cache.used_bytes) / mebibyte,
                     static_cast<double>(cache.limit_bytes) / mebibyte, cache.hits, cache.misses, cache.not_kept);
}

void print_table_head() {
  fmt::print("{:>7}  {:>8}  {:>14}  {:>8}  {:>8}  {:>8}  {:>6}  verdict\n", "workers", "images/s", "first batch ms",
             "start ms", "CPU s", "PSS MiB", "faults");
}

void print_table_row(const BenchRun& run) {
  fmt::print("{:>7}  {:>8.1f}  {:>14.1f}  {:>8.1f}  {:>8.2f}  {:>8.1f}  {:>6}  {}\n", run.workers,
             run.images_per_second, run.first_batch_ms, run.loader_start_ms, run.cpu_seconds,
             static_cast<double>(run.peak_pss_bytes) / (1 << 20), run.faults, verdict(run));
  if (run.cache.limit_bytes > 0) fmt::print("{:>7}  cache: {}\n", "", text_of(run.cache));
  std::fflush(stdout);
}

/// "0,1,2,4". Throws CLI::ValidationError that names the option and the part that is no number.
std::vector<int> sweep_of(const std::string& text) {
  std::vector<int> settings;
  std::size_t begin = 0;
  while (begin <= text.size()) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    settings.push_back(whole_number<int>("--sweep", std::string_view(text).substr(begin, end - begin)));
    begin = end + 1;
  }
  return settings;
}

int run(const BenchArguments& arguments) {
  if (arguments.epochs == 0) throw UsageError("--epochs 0: must be at least 1");
  LoaderRequest request = resolve(arguments.loader);
  request.options.epochs = arguments.epochs;
  Selection selection = arguments.loader.selection;
  const std::string cache = std::exchange(selection.cache, {});  // each setting begins with an empty one
  const SharedDataset dataset = open_data(arguments.loader.data, selection);
  choose_sampler(request, arguments.loader, *dataset);

  std::vector<std::optional<int>> settings(arguments.sweep.begin(), arguments.sweep.end());
  if (settings.empty()) settings.push_back(request.options.workers);
  if (!arguments.json) print_table_head();
  std::vector<BenchRun> runs;
  for (const std::optional<int>& workers : settings) {
    request.options.workers = workers;
    runs.push_back(measure(*with_cache(dataset, cache), request));
    if (!arguments.json) print_table_row(runs.back());
  }
  if (arguments.json) print_json(arguments, runs);
  return exit_done;
}

}  // namespace

Command add_bench(CLI::App& program) {
  CLI::App* app = program.add_subcommand("bench", "Measures the loader: images a second, first batch, CPU, memory");
  auto arguments = std::make_shared<BenchArguments>();
  add_data(*app, arguments->loader);
  add_cache_option(*app, arguments->loader.selection);
  CLI::Option* sweep = app->add_option_function<std::string>(
      "--sweep", [arguments](const std::string& text) { arguments->sweep = sweep_of(text); },
      "Numbers of workers to measure, one after the other");
  sweep->type_name("N,N,...");
  add_whole_number<std::uint64_t>(*app, "--epochs", arguments->epochs, "Epochs for each setting");
  app->add_flag("--json", arguments->json, "One JSON object instead of a table");
  add_pipeline_options(*app, arguments->loader.pipeline);
  add_order_options(*app, arguments->loader);
  add_batch_options(*app, arguments->loader);
  add_worker_options(*app, arguments->loader);
  app->get_option("--workers")->excludes(sweep);
  app->footer(manual);
  return {app, [arguments] { return run(*arguments); }};
}

}  // namespace slabring::cli
