#include <array>
#include <utility>

#include "base/fingerprint.hpp"
#include "slabring/error.hpp"
#include "slabring/map.hpp"

namespace slabring {

MapDataset::MapDataset(SharedDataset whole, SampleFunction function, MapOptions options)
    : whole_(std::move(whole)), function_(std::move(function)), options_(std::move(options)) {
  if (!whole_) throw Error(ErrorCode::dataset, "the dataset to map is null");
  if (!function_) throw Error(ErrorCode::invalid_argument, "the function that a dataset is mapped by is empty");
}

MapDataset::~MapDataset() = default;

void MapDataset::load(SampleId id, Sample& sample) const {
  whole_->load(id, sample);
  function_(id, sample);
}

std::span<const std::string> MapDataset::classes() const noexcept {
  return options_.classes ? std::span<const std::string>(*options_.classes) : whole_->classes();
}

std::uint64_t MapDataset::fingerprint() const {
  constexpr std::uint64_t mark = 0x31304d50'41425253;  // so that it is no other combination's
  const std::array<std::uint64_t, 3> parts{mark, whole_->fingerprint(), options_.version};
  return fingerprint_of(std::as_bytes(std::span(parts)));
}

}  // namespace slabring
