#include "loader/resolve_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "cache/caches_in.hpp"
#include "loader/rank_place.hpp"
#include "plan/mesh.hpp"
#include "plan/sampler_spec.hpp"
#include "process/cgroup.hpp"
#include "process/sandbox.hpp"
#include "ring/layout.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

constexpr std::uint64_t max_samples = std::uint64_t{1} << 48;

template <class Value>
void check_range(const char* option, Value value, Value low, Value high) {
  if (value >= low && value <= high) return;
  throw Error(ErrorCode::invalid_argument,
              fmt::format("option {} is {}; it must be from {} to {}", option, value, low, high));
}

bool normalizes(const Pipeline& pipeline) {
  return std::any_of(pipeline.transforms().begin(), pipeline.transforms().end(), [](const Transform& op) {
    return std::holds_alternative<Normalize>(op) || std::holds_alternative<Standardize>(op);
  });
}

// Arrays keep their type; what works on images or makes fractions does not.
DType default_dtype(const Dataset& dataset, const Pipeline& pipeline) {
  if (pipeline.dtype) return *pipeline.dtype;
  const std::optional<ArrayForm> array = dataset.sample_array();
  if (array && pipeline.transforms().empty()) return array->dtype;
  return normalizes(pipeline) ? DType::f32 : DType::u8;
}

void check_start_method(const LoaderOptions& options, const Dataset& dataset, const Pipeline& pipeline) {
  if (*options.workers == 0 || options.start_method == StartMethod::fork) return;
  if (!pipeline.portable()) {
    throw Error(ErrorCode::pipeline,
                fmt::format("the pipeline holds a Lambda, which start_method {} cannot carry to another program; use "
                            "start_method fork or workers 0",
                            to_string(options.start_method)));
  }
  const auto recipe = dataset.recipe();
  if (recipe && !recipe->worker_command.empty() && options.start_method != StartMethod::spawn) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("the dataset needs workers that are '{}', which start_method {} cannot start; use spawn",
                            recipe->worker_command.front(), to_string(options.start_method)));
  }
  if (!recipe) {
    throw Error(ErrorCode::invalid_argument, fmt::format("the dataset is a class of yours without a recipe(), or a "
                                                         "MapDataset with a function, or has such a part, which "
                                                         "start_method {} cannot open in another program; use "
                                                         "start_method fork or workers 0",
                                                         to_string(options.start_method)));
  }
}

void check_attachable(const LoaderOptions& options) {
  constexpr int most = 64;
  check_range<int>("attachable", options.attachable, 0, most);
  if (options.attachable == 0) return;
  if (*options.workers == 0) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("option attachable is {} and workers is 0; there is no coordinator then that could let "
                            "workers in, so use 1 or more",
                            options.attachable));
  }
  if (options.start_method == StartMethod::fork) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("option attachable is {} and start_method fork; what forks share, another program cannot "
                            "join, so use forkserver or spawn",
                            options.attachable));
  }
  check_range<int>("workers + attachable", *options.workers + options.attachable, 1,
                   static_cast<int>(ring::max_workers));
}

/// What `automatic` means here; throws where `strict` cannot be had.
Sandbox resolve_sandbox(const LoaderOptions& options, const Dataset& dataset) {
  const bool own_code_only =
      *options.workers > 0 && options.start_method != StartMethod::fork && dataset.recipe()->worker_command.empty();
  if (options.sandbox == Sandbox::automatic) return own_code_only ? Sandbox::automatic : Sandbox::off;
  if (options.sandbox == Sandbox::off) return Sandbox::off;
  if (options.start_method == StartMethod::spawn && !own_code_only && *options.workers > 0) {
    throw Error(
        ErrorCode::invalid_argument,
        "option sandbox is strict, and the dataset's workers are a program of its own, which may need more than "
        "the sandbox leaves; use automatic or off");
  }
  if (*options.workers == 0) {
    throw Error(ErrorCode::invalid_argument,
                "option sandbox is strict and workers is 0; only worker processes can be sandboxed, so use 1 or more");
  }
  if (const std::uint32_t lacking = sandbox_part::all & ~sandbox_parts_available(); lacking != 0) {
    throw Error(ErrorCode::process,
                fmt::format("option sandbox is strict, but this kernel and this build have no {}; use "
                            "automatic to do without",
                            describe_sandbox(lacking)));
  }
  return Sandbox::strict;
}

/// The CPUs of this process, divided among the ranks of this host where they have the same ones.
int default_workers(int local_world) {
  const bool share_cpus = local_world > 1 && !fewer_cpus_than_parent();
  const int cpus = available_cpus() / (share_cpus ? local_world : 1);
  return std::clamp(cpus, 1, static_cast<int>(ring::max_workers));
}

// A cache of decoded samples has whole images, so the bytes would not be those without it.
void check_caches(const LoaderOptions& options, const Dataset& dataset) {
  if (options.jpeg_scale == JpegScale::exact) return;
  for (const CachedDataset* cache : caches_in(dataset)) {
    if (cache->what() == CacheOf::encoded) continue;
    throw Error(
        ErrorCode::invalid_argument,
        "option jpeg_scale is fast, which decodes JPEGs smaller, and the dataset has a cache of decoded samples, "
        "which are whole; use exact, or a cache of encoded ones");
  }
}

void check_order(const LoaderOptions& options, std::uint64_t samples) {
  if (!options.sampler) return;
  const SamplerSpec& spec = options.sampler->spec();
  if (options.shuffle) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("option shuffle is true and sampler is {}; set one of them", spec.description));
  }
  check_sampler(spec, samples, static_cast<std::uint64_t>(options.batch_size));
  const bool all_samples = spec.ids.empty() || spec.kind == SamplerKind::class_balanced;
  if (options.on_error == OnError::substitute && (!all_samples || spec.kind == SamplerKind::weighted)) {
    throw Error(
        ErrorCode::invalid_argument,
        fmt::format("option on_error is substitute, which draws from the whole dataset, and the sampler {} leaves "
                    "a part of it out; use mask",
                    spec.description));
  }
}

}  // namespace

LoaderOptions resolve_options(const LoaderOptions& options, const Dataset& dataset, const Pipeline& pipeline) {
  check_range<std::int64_t>("batch_size", options.batch_size, 1, ring::max_batch);
  check_range<int>("prefetch", options.prefetch, 2, static_cast<int>(ring::max_slabs));
  if (options.workers) check_range<int>("workers", *options.workers, 0, static_cast<int>(ring::max_workers));
  if (options.timeout.count() < 0) {
    throw Error(
        ErrorCode::invalid_argument,
        fmt::format("option timeout is {} ms; it must be positive, or 0 for no limit", options.timeout.count()));
  }
  const std::uint64_t samples = dataset.size();
  if (samples == 0) throw Error(ErrorCode::dataset, "the dataset is empty: its size() is 0");
  if (samples > max_samples) {
    throw Error(ErrorCode::dataset, fmt::format("the dataset has {} samples; at most 2^48 can be numbered", samples));
  }
  LoaderOptions resolved = options;
  const RankPlace place = resolve_ranks(options);
  resolved.rank = place.rank;
  resolved.world = place.world;
  resolved.local_world = place.local_world;
  check_order(resolved, samples);
  check_caches(resolved, dataset);
  if (!resolved.workers) resolved.workers = default_workers(place.local_world);
  if (!resolved.layout) resolved.layout = pipeline.layout.value_or(Layout::nchw);
  if (!resolved.dtype) resolved.dtype = default_dtype(dataset, pipeline);
  check_start_method(resolved, dataset, pipeline);
  check_attachable(resolved);
  resolved.sandbox = resolve_sandbox(resolved, dataset);
  return resolved;
}

PlanOptions plan_options(const Dataset& dataset, const LoaderOptions& options) {
  const Share share = share_of(*options.rank, *options.world, options.mesh);
  return {.samples = dataset.size(),
          .batch_size = static_cast<std::uint32_t>(options.batch_size),
          .shuffle = options.shuffle,
          .sampler = options.sampler,
          .drop_last = options.drop_last,
          .seed = options.seed,
          .share = static_cast<std::uint32_t>(share.share),
          .shares = static_cast<std::uint32_t>(share.shares),
          .uneven = options.uneven};
}

}  // namespace slabring
