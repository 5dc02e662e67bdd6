#include "dataset/label_of.hpp"

#include "slabring/cache.hpp"
#include "slabring/map.hpp"
#include "slabring/mixture.hpp"

namespace slabring {

std::int64_t label_of(const Dataset& dataset, SampleId id) {
  if (const auto* folder = dynamic_cast<const ImageFolder*>(&dataset)) return folder->label(id);
  if (const auto* parts = dynamic_cast<const ConcatDataset*>(&dataset)) return parts->label(id);
  if (const auto* subset = dynamic_cast<const Subset*>(&dataset)) return subset->label(id);
  if (const auto* cached = dynamic_cast<const CachedDataset*>(&dataset)) return cached->label(id);
  if (const auto* relabelled = dynamic_cast<const RelabelDataset*>(&dataset)) return relabelled->label(id);
  if (const auto* mixture = dynamic_cast<const MixtureDataset*>(&dataset)) return mixture->label(id);
  if (const auto* knows = dynamic_cast<const KnowsLabels*>(&dataset)) return knows->label_of(id);
  Sample sample;
  dataset.load(id, sample);
  return sample.label();
}

}  // namespace slabring
