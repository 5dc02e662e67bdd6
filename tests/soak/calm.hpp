#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "slabring/loader.hpp"
#include "slabring/options.hpp"

namespace slabring::soak {

/// Kills workers at one sample: only with start method `fork` can a dataset do so.
class PoisonedFolder : public ImageFolder {
 public:
  PoisonedFolder(const std::filesystem::path& root, SampleId poison) : ImageFolder(root), poison_(poison) {}
  void load(SampleId id, Sample& sample) const override;
  std::optional<DatasetRecipe> recipe() const override { return std::nullopt; }

 private:
  SampleId poison_;
};

inline constexpr std::uint64_t epochs = 5;

/// What undisturbed runs deliver under one policy: the truth that all others are held against.
struct CalmBatch {
  std::uint64_t digest = 0;
  bool faulty = false;
};
using CalmRun = std::vector<std::vector<CalmBatch>>;  ///< [epoch][batch]

Pipeline pipeline();
/// Seed, batch size and order are the same for all runs.
LoaderOptions options(OnError policy, int workers);
CalmRun calm_run(const Dataset& dataset, LoaderOptions options);

}  // namespace slabring::soak
