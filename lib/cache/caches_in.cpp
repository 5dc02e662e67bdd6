#include "cache/caches_in.hpp"

#include <algorithm>

#include "dataset/parts_of.hpp"

namespace slabring {
namespace {

void add_caches(const Dataset& dataset, std::vector<const CachedDataset*>& caches) {
  const auto* const cache = dynamic_cast<const CachedDataset*>(&dataset);
  const bool is_new = cache != nullptr && std::find(caches.begin(), caches.end(), cache) == caches.end();
  if (is_new) caches.push_back(cache);
  for (const Dataset* part : parts_of(dataset)) add_caches(*part, caches);
}

}  // namespace

std::vector<const CachedDataset*> caches_in(const Dataset& dataset) {
  std::vector<const CachedDataset*> caches;
  add_caches(dataset, caches);
  return caches;
}

}  // namespace slabring
