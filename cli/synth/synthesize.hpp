#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>

namespace slabring::cli {

struct SynthOptions {
  std::uint64_t count = 0;       ///< images in all, at least 1; image i is of class i % classes
  int classes = 10;              ///< 1 to 10,000 folders
  std::uint64_t seed = 0;        ///< another seed gives other images of the same classes
  std::optional<int> quality{};  ///< libjpeg's, 1 to 100, of every image; unset: varied as photos have it
};

/// Called after each image that is there, written now or before.
using SynthProgress = std::function<void(std::uint64_t done)>;

/// The file in the folder that says what it holds; written before the first image.
inline constexpr const char* synth_record = "slabring-synth.json";

/// Fills `folder` with class folders of photo-like JPEGs. Image i is a function of (seed, classes, quality, i) and of
/// libjpeg-turbo's version: the same bytes on every machine, whatever `count`.
///
/// Never deletes or overwrites anything. `folder` must not exist, be empty, or be one that an interrupted run with
/// the same options left, which its record shows: that one is completed. Every file gets its name when it is whole; an
/// interruption may leave one whose name ends in ".part", which no dataset takes for an image.
///
/// Throws UsageError (an option's value, or a folder that is not ours), Error(io).
void synthesize(const std::filesystem::path& folder, const SynthOptions& options, const SynthProgress& progress = {});

}  // namespace slabring::cli
