#include "dataset/tiled_source.hpp"

#include <algorithm>
#include <typeinfo>

#include "dataset/parts_of.hpp"
#include "slabring/cache.hpp"
#include "slabring/map.hpp"
#include "slabring/mixture.hpp"

namespace slabring {
namespace {

/// Not of a class of the user's that is derived from it, whose load() may be another.
template <class Kind>
const Kind* exactly(const Dataset& dataset) {
  return typeid(dataset) == typeid(Kind) ? static_cast<const Kind*>(&dataset) : nullptr;
}

}  // namespace

std::unique_ptr<TiledJpeg> load_tiled(const Dataset& dataset, SampleId id, Sample& sample) {
  if (const auto* source = dynamic_cast<const TiledSource*>(&dataset)) return source->load_tiled(id, sample);
  if (const auto* cached = exactly<CachedDataset>(dataset)) return cached->load_tiled(id, sample);
  if (const auto* subset = exactly<Subset>(dataset)) {
    return load_tiled(*subset->whole(), subset->original(id), sample);
  }
  if (const auto* mixture = exactly<MixtureDataset>(dataset)) {
    return load_tiled(mixture->all_, mixture->in_all(id), sample);
  }
  if (const auto* relabelled = exactly<RelabelDataset>(dataset)) {
    auto tiled = load_tiled(*relabelled->whole(), id, sample);
    if (tiled) sample.set_label(relabelled->new_label(sample.label()));
    return tiled;
  }
  if (const auto* concat = exactly<ConcatDataset>(dataset)) {
    const auto [part, part_id] = concat->place_of(id);
    auto tiled = load_tiled(*concat->parts()[part], part_id, sample);
    if (tiled) sample.set_label(concat->merged_label(part, sample.label()));
    return tiled;
  }
  return nullptr;
}

bool has_tiles(const Dataset& dataset) {
  if (dynamic_cast<const TiledSource*>(&dataset) != nullptr) return true;
  const std::vector<const Dataset*> parts = parts_of(dataset);
  return std::any_of(parts.begin(), parts.end(), [](const Dataset* part) { return has_tiles(*part); });
}

}  // namespace slabring
