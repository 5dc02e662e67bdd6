#include "dataset/parts_of.hpp"

#include "slabring/cache.hpp"
#include "slabring/map.hpp"
#include "slabring/mixture.hpp"

namespace slabring {
namespace {

std::vector<const Dataset*> pointers_to(std::span<const SharedDataset> parts) {
  std::vector<const Dataset*> pointers;
  for (const SharedDataset& part : parts) pointers.push_back(part.get());
  return pointers;
}

}  // namespace

std::vector<const Dataset*> parts_of(const Dataset& dataset) {
  if (const auto* subset = dynamic_cast<const Subset*>(&dataset)) return {subset->whole().get()};
  if (const auto* cached = dynamic_cast<const CachedDataset*>(&dataset)) return {cached->whole().get()};
  if (const auto* mapped = dynamic_cast<const MapDataset*>(&dataset)) return {mapped->whole().get()};
  if (const auto* concat = dynamic_cast<const ConcatDataset*>(&dataset)) return pointers_to(concat->parts());
  if (const auto* mixture = dynamic_cast<const MixtureDataset*>(&dataset)) return pointers_to(mixture->parts());
  return {};
}

}  // namespace slabring
