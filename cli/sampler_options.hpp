#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "slabring/dataset.hpp"
#include "slabring/sampler.hpp"

namespace CLI {
class App;
}

namespace slabring::cli {

/// What --sampler and --repeat say.
struct SamplerArguments {
  std::string sampler;
  std::optional<std::uint64_t> repeat;
};

/// --sampler --repeat
void add_sampler_options(CLI::App& app, SamplerArguments& arguments);

/// The sampler that is named; nothing: neither option was given. Reads the file that is named, and for `balanced` the
/// label of every sample. Throws UsageError, and Error(invalid_argument) for what the file says.
std::optional<Sampler> sampler_named(const SamplerArguments& arguments, const Dataset& dataset, bool shuffle);

}  // namespace slabring::cli
