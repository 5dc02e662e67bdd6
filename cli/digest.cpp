#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <limits>
#include <memory>

#include "command.hpp"
#include "common_options.hpp"
#include "data_source.hpp"
#include "fault_list.hpp"
#include "numbers.hpp"
#include "progress.hpp"
#include "stream_digest.hpp"

namespace slabring::cli {

namespace {

constexpr const char* manual =
    "Two runs that print the same total delivered the same bytes in the same order. The total does not depend on\n"
    "--workers, --start or --prefetch, nor on the machine, as long as libjpeg-turbo is the same.\n"
    "\n"
    "Output, the last line of stdout:   total HEX images N faults M\n"
    "with --batches, before it:         batch EPOCH INDEX HEX\n"
    "with --rows, before those:         row EPOCH INDEX ROW ID STATUS HEX\n"
    "HEX is an XXH3-128 over image bytes, extra arrays if there are any, labels (i64), sample ids (u64) and statuses\n"
    "(u32), little-endian, of each batch in turn; that of a row is over its image bytes, its part of the extra arrays\n"
    "and its label alone. ID is - in a row without a sample.\n"
    "\n"
    "Example: is the augmented stream of epoch 3 the same with one worker as with eight?\n"
    "  slabring digest photos --epoch 3 --workers 1\n"
    "  slabring digest photos --epoch 3 --workers 8\n"
    "Example: do two ranks deliver the samples that one does?\n"
    "  slabring digest photos --rows | grep ^row | cut -d' ' -f5- | sort > one\n"
    "  for r in 0 1; do slabring digest photos --rows --rank $r --world 2 --uneven exact; done |\n"
    "    grep ^row | cut -d' ' -f5- | grep -v ^- | sort | diff one -";

struct DigestArguments {
  LoaderArguments loader;
  std::uint64_t first_epoch = 0;
  std::uint64_t epochs = 1;
  bool batches = false;
  bool rows = false;
};

std::uint64_t end_epoch(const DigestArguments& arguments) {
  if (arguments.epochs == 0) throw UsageError("--epochs 0: must be at least 1");
  if (arguments.first_epoch > std::numeric_limits<std::uint64_t>::max() - arguments.epochs) {
    throw UsageError(fmt::format("--epoch {}: the last of {} epochs would have a number beyond 64 bits",
                                 arguments.first_epoch, arguments.epochs));
  }
  return arguments.first_epoch + arguments.epochs;
}

void print_rows(const Batch& batch) {
  for (std::size_t row = 0; row != batch.size(); ++row) {
    StreamDigest alone;
    alone.add_row(batch, row);
    const SampleId id = batch.ids()[row];
    fmt::print("row {} {} {} {} {} {}\n", batch.epoch(), batch.index(), row,
               id == no_sample ? "-" : fmt::to_string(to_index(id)), to_string(batch.statuses()[row]), alone.hex());
  }
}

void print_batch(const Batch& batch) {
  StreamDigest alone;
  alone.add(batch);
  fmt::print("batch {} {} {}\n", batch.epoch(), batch.index(), alone.hex());
}

int run(const DigestArguments& arguments) {
  const std::uint64_t end = end_epoch(arguments);
  LoaderRequest request = resolve(arguments.loader);
  request.options.epochs = arguments.epochs;
  const SharedDataset opened = open_data(arguments.loader.data, arguments.loader.selection);
  const Dataset& dataset = *opened;
  choose_sampler(request, arguments.loader, dataset);
  Loader loader(dataset, std::move(request.pipeline), request.options);

  StreamDigest total;
  Progress progress("digest", loader.samples_per_epoch() * arguments.epochs);
  for (std::uint64_t number = arguments.first_epoch; number != end; ++number) {
    for (const Batch& batch : loader.epoch(number)) {
      total.add(batch);
      if (arguments.batches || arguments.rows) progress.wipe();
      if (arguments.rows) print_rows(batch);
      if (arguments.batches) print_batch(batch);
      progress.advance(batch.size());
    }
  }
  progress.wipe();
  print_failed_samples(loader);
  const LoaderStats stats = loader.stats();
  fmt::print("total {} images {} faults {}\n", total.hex(), stats.samples, stats.faults);
  return exit_done;
}

}  // namespace

Command add_digest(CLI::App& program) {
  CLI::App* app = program.add_subcommand("digest", "Prints a hash of everything that the loader delivers");
  auto arguments = std::make_shared<DigestArguments>();
  add_data(*app, arguments->loader);
  add_cache_option(*app, arguments->loader.selection);
  add_whole_number<std::uint64_t>(*app, "--epoch", arguments->first_epoch, "The first epoch");
  add_whole_number<std::uint64_t>(*app, "--epochs", arguments->epochs, "How many");
  app->add_flag("--batches", arguments->batches, "Also a line for each batch");
  app->add_flag("--rows", arguments->rows, "Also a line for each row");
  add_pipeline_options(*app, arguments->loader.pipeline);
  add_order_options(*app, arguments->loader);
  add_batch_options(*app, arguments->loader);
  add_worker_options(*app, arguments->loader);
  app->footer(manual);
  return {app, [arguments] { return run(*arguments); }};
}

}  // namespace slabring::cli
