#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "data_source.hpp"
#include "sampler_options.hpp"
#include "slabring/loader.hpp"

namespace CLI {
class App;
}

namespace slabring::cli {

/// The pipeline named on a command line, before any file is read.
struct PipelineArguments {
  std::string pipeline = "train";
  std::optional<int> size;
};

/// What the options shared by the commands say, before they are checked against each other. The defaults that a
/// LoaderOptions has too are taken from there.
struct LoaderArguments {
  PipelineArguments pipeline;
  std::string data;
  Selection selection;
  std::int64_t batch = 64;
  std::optional<std::string> dtype;
  std::optional<std::string> layout;
  std::uint64_t seed = LoaderOptions{}.seed;
  bool shuffle = false;
  bool no_shuffle = false;
  bool drop_last = false;
  SamplerArguments sampler;
  std::optional<int> rank;
  std::optional<int> world;
  bool ranks_from_environment = false;
  std::string mesh;
  std::string uneven{to_string(LoaderOptions{}.uneven)};
  std::string on_error = "throw";
  std::string jpeg_scale{to_string(LoaderOptions{}.jpeg_scale)};
  double timeout_seconds = std::chrono::duration<double>(LoaderOptions{}.timeout).count();

  std::optional<int> workers;
  int attachable = LoaderOptions{}.attachable;
  int prefetch = LoaderOptions{}.prefetch;
  std::string jpeg_decoder{to_string(LoaderOptions{}.jpeg_decoder)};
  std::string start{to_string(LoaderOptions{}.start_method)};
};

/// The argument DATA, in its place or as --dataset DATA, and which part of it.
void add_data(CLI::App& app, LoaderArguments& arguments);
/// --pipeline --size
void add_pipeline_options(CLI::App& app, PipelineArguments& arguments);
/// --seed --shuffle --no-shuffle
void add_order_options(CLI::App& app, LoaderArguments& arguments);
/// --batch --dtype --layout --drop-last --on-error --jpeg-scale, --sampler --repeat, --rank --world
/// --ranks-from-environment --mesh --uneven. Requires: add_order_options() was called.
void add_batch_options(CLI::App& app, LoaderArguments& arguments);
/// --jpeg-scale
void add_jpeg_scale_option(CLI::App& app, std::string& word);
/// Throws UsageError.
JpegScale jpeg_scale_named(const std::string& word);
/// --workers --start --attachable --prefetch --timeout --jpeg-decoder
void add_worker_options(CLI::App& app, LoaderArguments& arguments);

/// What a Loader needs besides the dataset.
struct LoaderRequest {
  Pipeline pipeline;
  LoaderOptions options;
};

/// Reads the pipeline file, if one is named, and checks what can be checked without the data.
/// Throws UsageError, and Error(pipeline) with the place in the file.
LoaderRequest resolve(const LoaderArguments& arguments);

/// What only the dataset can tell: the sampler that --sampler and --repeat name. Throws as sampler_named().
void choose_sampler(LoaderRequest& request, const LoaderArguments& arguments, const Dataset& dataset);

/// A message of the library in the words of the command line: "option batch_size is 0" becomes "--batch is 0".
std::string in_words_of_the_command_line(const std::string& message);

/// `name` as a pipeline: train, val, none or a JSON file. Throws as resolve().
Pipeline resolve_pipeline(const PipelineArguments& arguments, bool normalize);

}  // namespace slabring::cli
