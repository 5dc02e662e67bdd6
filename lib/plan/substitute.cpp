#include "plan/substitute.hpp"

#include <algorithm>

#include "base/random.hpp"
#include "slabring/transform.hpp"

namespace slabring {

SampleId substitute_for(SampleId id, std::uint32_t number, std::uint64_t seed, std::uint64_t epoch,
                        std::uint64_t samples) noexcept {
  const std::uint64_t planned = to_index(id);
  RandomStream random(epoch_key(seed, epoch, RandomPurpose::substitute), id, number);
  const std::uint64_t drawn = random.below(samples - 1);  // of all others
  return SampleId{drawn < planned ? drawn : drawn + 1};
}

Substitution Substitution::from_bits(std::uint32_t bits) noexcept {
  return {std::clamp<std::uint32_t>(bits & 0xff, 1, max_substitutes), known_status(bits >> 8)};
}

SampleStatus known_status(std::uint32_t value) noexcept {
  return value <= static_cast<std::uint32_t>(SampleStatus::substituted) ? static_cast<SampleStatus>(value)
                                                                        : SampleStatus::corrupt;
}

}  // namespace slabring
