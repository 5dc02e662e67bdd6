#pragma once

#include <cstdint>
#include <cstring>
#include <map>
#include <utility>
#include <vector>

#include "slabring/loader.hpp"

namespace slabring::test {

/// FNV-1a over everything a batch delivers.
inline std::uint64_t digest(const Batch& batch, std::uint64_t hash = 0xcbf29ce484222325) {
  const auto mix = [&](const void* data, std::size_t size) {
    const auto* bytes = static_cast<const unsigned char*>(data);
    for (std::size_t i = 0; i < size; ++i) hash = (hash ^ bytes[i]) * 0x100000001b3;
  };
  const Tensor images = batch.images();
  mix(images.data, images.size_bytes());
  for (std::size_t i = 0; i < batch.extra_arrays().size(); ++i) {
    const Tensor array = batch.array(i);
    mix(array.data, array.size_bytes());
  }
  mix(batch.labels().data(), batch.labels().size_bytes());
  mix(batch.ids().data(), batch.ids().size_bytes());
  mix(batch.statuses().data(), batch.statuses().size_bytes());
  return hash;
}

/// One digest a batch, over `epochs` epochs from `first`.
inline std::vector<std::uint64_t> stream(Loader& loader, std::uint64_t epochs = 1, std::uint64_t first = 0) {
  std::vector<std::uint64_t> digests;
  for (std::uint64_t epoch = first; epoch < first + epochs; ++epoch) {
    for (Batch& batch : loader.epoch(epoch)) digests.push_back(digest(batch));
  }
  return digests;
}

}  // namespace slabring::test
