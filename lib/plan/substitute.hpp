#pragma once

#include <cstdint>

#include "slabring/sample.hpp"

namespace slabring {

/// Samples that are tried in place of one that failed, the first sound one of them is delivered.
inline constexpr std::uint32_t max_substitutes = 16;

/// The `number`-th (from 1) sample to stand in for `id`: any but `id` itself, each as likely. A function of its
/// arguments alone, so that the trainer knows it without being told.
/// Requires: samples >= 2, id < samples.
SampleId substitute_for(SampleId id, std::uint32_t number, std::uint64_t seed, std::uint64_t epoch,
                        std::uint64_t samples) noexcept;

/// What the row of a substituted sample says about it, in Row::substitution. It comes from another process.
struct Substitution {
  std::uint32_t number = 0;                      ///< of substitute_for; 1 to max_substitutes
  SampleStatus failure = SampleStatus::corrupt;  ///< of the sample that was planned

  static Substitution from_bits(std::uint32_t bits) noexcept;
  std::uint32_t bits() const noexcept { return number | static_cast<std::uint32_t>(failure) << 8; }
};

/// A status from a worker: what none of them says counts as `corrupt`.
SampleStatus known_status(std::uint32_t value) noexcept;

}  // namespace slabring
