#include "common_options.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "augment/parameters.hpp"
#include "base/names.hpp"
#include "base/sample_failure.hpp"
#include "command.hpp"
#include "data_source.hpp"
#include "files.hpp"
#include "numbers.hpp"

namespace slabring::cli {

namespace {

constexpr int default_size = 224;
constexpr double longest_timeout_seconds = 1e6;

const char* const data_group = "What is delivered";
const char* const rank_group = "Ranks: processes that divide an epoch among them";
const char* const process_group = "Who does the work";

/// The value of an option that takes a word.
template <class Enum>
Enum named(std::string_view option, std::string_view word) {
  if (const std::optional<Enum> value = value_of<Enum>(word)) return *value;
  throw UsageError(fmt::format("{} {}: must be one of {}", option, word, joined(names_of<Enum>())));
}

/// "data=4,model=2"
std::vector<MeshAxis> mesh_of(const std::string& text) {
  std::vector<MeshAxis> mesh;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const std::string axis = text.substr(at, end - at);
    const std::size_t equals = axis.find('=');
    if (equals == 0 || equals == std::string::npos) {
      throw UsageError(fmt::format("--mesh {}: '{}' is no NAME=NUMBER", text, axis));
    }
    mesh.push_back({axis.substr(0, equals), whole_number<int>("--mesh", axis.substr(equals + 1))});
    at = end + 1;
  }
  return mesh;
}

std::chrono::milliseconds timeout_of(double seconds) {
  if (!(seconds >= 0 && seconds <= longest_timeout_seconds)) {
    throw UsageError(
        fmt::format("--timeout {}: must be from 0 (no limit) to {} seconds", seconds, longest_timeout_seconds));
  }
  return std::chrono::milliseconds(std::llround(seconds * 1000));
}

std::string text_of_pipeline_file(const std::string& path) {
  try {
    return read_text(path);
  } catch (const SampleFailure& failure) {
    throw UsageError(fmt::format("--pipeline {}: is not train, val or none, and as a file: {}", path, failure.what()));
  }
}

Pipeline pipeline_from_file(const std::string& path) {
  const std::string text = text_of_pipeline_file(path);
  try {
    return Pipeline::from_json(text);
  } catch (const Error& error) {
    throw Error(error.code(), fmt::format("--pipeline {}: {}", path, error.what()));
  }
}

void add_rank_options(CLI::App& app, LoaderArguments& arguments) {
  add_whole_number<int>(app, "--rank", arguments.rank, "Which of them this is, from 0 (0 of 1)")->group(rank_group);
  add_whole_number<int>(app, "--world", arguments.world, "How many they are")->group(rank_group);
  app.add_flag("--ranks-from-environment", arguments.ranks_from_environment,
               "Both as torchrun, mpirun, srun or a Kubernetes indexed job say")
      ->group(rank_group);
  app.add_option("--mesh", arguments.mesh,
                 "How they stand, the last axis counted first; those that differ in other\n"
                 "axes than data get the same batches")
      ->type_name("data=N,model=M")
      ->group(rank_group);
  app.add_option("--uneven", arguments.uneven,
                 "When fewer samples are left than all ranks would take:\n"
                 "pad: repeat the epoch's first ones, marked\n"
                 "drop: leave out what cannot be divided evenly\n"
                 "exact: rows without a sample are zeros, marked")
      ->type_name("pad|drop|exact")
      ->capture_default_str()
      ->group(rank_group);
}

}  // namespace

void add_data(CLI::App& app, LoaderArguments& arguments) {
  CLI::Option* data =
      app.add_option(
             "DATA", arguments.data,
             "A path, KIND:PATH, or either with ?option=value; the name shows the kind as a rule" + kinds_text())
          ->type_name("");
  app.add_option("--dataset", arguments.data, "DATA, said as an option")->type_name("DATA")->excludes(data);
  add_selection_options(app, arguments.selection);
}

void add_pipeline_options(CLI::App& app, PipelineArguments& arguments) {
  app.add_option("--pipeline", arguments.pipeline,
                 "train: RandomResizedCrop(size), RandomHorizontalFlip\n"
                 "val: Resize(size * 256 / 224), CenterCrop(size)\n"
                 "none: decode only; needs images of one size, or --batch 1\n"
                 "FILE.json: the transforms written there")
      ->type_name("train|val|none|FILE.json")
      ->capture_default_str()
      ->group(data_group);
  add_whole_number<int>(app, "--size", arguments.size,
                        fmt::format("Side of the square that train and val deliver ({})", default_size))
      ->group(data_group);
}

void add_order_options(CLI::App& app, LoaderArguments& arguments) {
  add_whole_number<std::uint64_t>(app, "--seed", arguments.seed, "Of the order and of every random transform")
      ->group(data_group);
  CLI::Option* shuffle = app.add_flag("--shuffle", arguments.shuffle,
                                      "A new order each epoch; the default with --pipeline train, and only there")
                             ->group(data_group);
  app.add_flag("--no-shuffle", arguments.no_shuffle, "The order of the dataset")->excludes(shuffle)->group(data_group);
}

void add_batch_options(CLI::App& app, LoaderArguments& arguments) {
  add_whole_number<std::int64_t>(app, "--batch", arguments.batch, "Samples a batch")->group(data_group);
  app.add_option("--dtype", arguments.dtype,
                 "Element type; with f16, bf16 and f32, train and val also Normalize with ImageNet's\n"
                 "mean and deviation (u8, or what the pipeline file says)")
      ->type_name("u8|f16|bf16|f32")
      ->group(data_group);
  app.add_option("--layout", arguments.layout, "Order of the axes (nchw, or what the pipeline file says)")
      ->type_name("nchw|nhwc")
      ->group(data_group);
  app.add_flag("--drop-last", arguments.drop_last, "Leave out a last batch that is not full")->group(data_group);
  app.add_option("--on-error", arguments.on_error,
                 "throw: end with status 1 at the first sample that fails\n"
                 "mask: deliver zeros in its place and count it\n"
                 "substitute: deliver another sample in its place and count it")
      ->type_name("throw|mask|substitute")
      ->capture_default_str()
      ->group(data_group);
  add_jpeg_scale_option(app, arguments.jpeg_scale);
  add_sampler_options(app, arguments.sampler);
  app.get_option("--sampler")->excludes("--shuffle")->excludes("--no-shuffle")->group(data_group);
  app.get_option("--repeat")->group(data_group);
  add_rank_options(app, arguments);
}

void add_jpeg_scale_option(CLI::App& app, std::string& word) {
  app.add_option("--jpeg-scale", word,
                 "exact: Pillow's pixels\n"
                 "fast: large JPEGs are decoded at 1/2, 1/4 or 1/8 of their size where\n"
                 "that leaves twice the pixels that are delivered; slightly other pixels")
      ->type_name("exact|fast")
      ->capture_default_str()
      ->group(data_group);
}

JpegScale jpeg_scale_named(const std::string& word) { return named<JpegScale>("--jpeg-scale", word); }

void add_worker_options(CLI::App& app, LoaderArguments& arguments) {
  add_whole_number<int>(
      app, "--workers", arguments.workers,
      fmt::format("Worker processes; 0: in this process (the CPUs it may use, here {})", available_cpus()))
      ->group(process_group);
  app.add_option("--start", arguments.start, "Where workers come from")
      ->type_name("forkserver|spawn|fork")
      ->capture_default_str()
      ->group(process_group);
  add_whole_number<int>(app, "--attachable", arguments.attachable,
                        "More workers that may join by slabring-worker --attach")
      ->group(process_group);
  add_whole_number<int>(app, "--prefetch", arguments.prefetch, "Batches in the ring")->group(process_group);
  app.add_option("--jpeg-decoder", arguments.jpeg_decoder,
                 "native: slabring's own decoder where it can, libjpeg-turbo elsewhere\n"
                 "libjpeg: libjpeg-turbo everywhere; the same pixels")
      ->type_name("native|libjpeg")
      ->capture_default_str()
      ->group(process_group);
  app.add_option("--timeout", arguments.timeout_seconds, "A sample that takes longer is given up; 0: never")
      ->type_name("SECONDS")
      ->capture_default_str()
      ->group(process_group);
}

std::string in_words_of_the_command_line(const std::string& message) {
  for (const auto& [member, option] : {std::pair{"option batch_size ", "--batch "},
                                       {"option prefetch ", "--prefetch "},
                                       {"option workers ", "--workers "},
                                       {"option attachable ", "--attachable "},
                                       {"option timeout ", "--timeout "},
                                       {"option rank ", "--rank "},
                                       {"option world ", "--world "},
                                       {"option mesh ", "--mesh "},
                                       {"option sampler: ", "--sampler: "}}) {
    if (message.starts_with(member)) return option + message.substr(std::string_view(member).size());
  }
  return message;
}

Pipeline resolve_pipeline(const PipelineArguments& arguments, bool normalize) {
  const std::string& name = arguments.pipeline;
  if (name == "train" || name == "val") {
    const int size = arguments.size.value_or(default_size);
    if (size < 1 || size > max_size_parameter) {
      throw UsageError(fmt::format("--size {}: must be from 1 to {}", size, max_size_parameter));
    }
    return name == "train" ? Pipeline::train(size, normalize) : Pipeline::val(size, normalize);
  }
  if (arguments.size) {
    throw UsageError(fmt::format("--size {}: has no meaning with --pipeline {}; only train and val take a size",
                                 *arguments.size, name));
  }
  if (name == "none") return Pipeline{};
  return pipeline_from_file(name);
}

LoaderRequest resolve(const LoaderArguments& arguments) {
  LoaderOptions options;
  if (arguments.dtype) options.dtype = named<DType>("--dtype", *arguments.dtype);
  if (arguments.layout) options.layout = named<Layout>("--layout", *arguments.layout);
  options.batch_size = arguments.batch;
  options.seed = arguments.seed;
  options.shuffle = arguments.shuffle || (arguments.pipeline.pipeline == "train" && !arguments.no_shuffle);
  options.drop_last = arguments.drop_last;
  options.rank = arguments.rank;
  options.world = arguments.world;
  options.ranks_from_environment = arguments.ranks_from_environment;
  options.mesh = mesh_of(arguments.mesh);
  options.uneven = named<Uneven>("--uneven", arguments.uneven);
  options.on_error = named<OnError>("--on-error", arguments.on_error);
  options.jpeg_scale = jpeg_scale_named(arguments.jpeg_scale);
  options.timeout = timeout_of(arguments.timeout_seconds);
  options.workers = arguments.workers;
  options.attachable = arguments.attachable;
  options.prefetch = arguments.prefetch;
  options.start_method = named<StartMethod>("--start", arguments.start);
  options.jpeg_decoder = named<JpegDecoding>("--jpeg-decoder", arguments.jpeg_decoder);
  const bool normalize = options.dtype && *options.dtype != DType::u8;
  return {resolve_pipeline(arguments.pipeline, normalize), options};
}

void choose_sampler(LoaderRequest& request, const LoaderArguments& arguments, const Dataset& dataset) {
  request.options.sampler = sampler_named(arguments.sampler, dataset, request.options.shuffle);
  if (request.options.sampler) request.options.shuffle = false;
}

}  // namespace slabring::cli
