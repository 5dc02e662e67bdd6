#include "cache/caches_in.hpp"

#include "slabring/mixture.hpp"

namespace slabring {
namespace {

void add_caches(const Dataset& dataset, std::vector<const CachedDataset*>& caches) {
  if (const auto* cache = dynamic_cast<const CachedDataset*>(&dataset)) {
    caches.push_back(cache);
    add_caches(*cache->whole(), caches);
  } else if (const auto* subset = dynamic_cast<const Subset*>(&dataset)) {
    add_caches(*subset->whole(), caches);
  } else if (const auto* concat = dynamic_cast<const ConcatDataset*>(&dataset)) {
    for (const SharedDataset& part : concat->parts()) add_caches(*part, caches);
  } else if (const auto* mixture = dynamic_cast<const MixtureDataset*>(&dataset)) {
    for (const SharedDataset& part : mixture->parts()) add_caches(*part, caches);
  }
}

}  // namespace

std::vector<const CachedDataset*> caches_in(const Dataset& dataset) {
  std::vector<const CachedDataset*> caches;
  add_caches(dataset, caches);
  return caches;
}

}  // namespace slabring
