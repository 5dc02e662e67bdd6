#pragma once

#include <array>
#include <cstdint>

#include "slabring/sample.hpp"

namespace slabring {

/// Counter-based randomness: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011) from
/// Random123. There is no generator state anywhere; every value is a function of its coordinates.

/// The 64-bit key of an epoch: Philox under `seed` of (epoch, purpose). Different purposes (order, augmentation) of one
/// seed do not correlate.
enum class RandomPurpose : std::uint32_t { order = 1, augment = 2, substitute = 3, mix = 4 };
std::uint64_t epoch_key(std::uint64_t seed, std::uint64_t epoch, RandomPurpose purpose) noexcept;

/// The key of a sample's `occurrence`-th occurrence (from 0) in the epoch of `key`: of the first one `key` itself.
std::uint64_t occurrence_key(std::uint64_t key, std::uint64_t occurrence) noexcept;

/// Block `block` of the stream of (sample, op) under an epoch's key: 128 random bits.
std::array<std::uint64_t, 2> random_block(std::uint64_t key, std::uint64_t sample, std::uint32_t op,
                                          std::uint32_t block) noexcept;

}  // namespace slabring
