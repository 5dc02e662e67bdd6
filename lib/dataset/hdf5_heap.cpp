#include "dataset/hdf5_heap.hpp"

#include <cstring>

namespace slabring {
namespace {

constexpr std::size_t collection_head_bytes = 16;  // "GCOL", version, 3 unused, bytes of the whole
constexpr std::size_t object_head_bytes = 16;      // number, users, 4 unused, bytes of the object
constexpr std::size_t object_alignment = 8;

/// Requires: it lies inside.
template <class Number>
Number number_at(std::span<const std::byte> bytes, std::size_t offset) noexcept {
  Number number{};
  std::memcpy(&number, bytes.data() + offset, sizeof number);
  return number;
}

}  // namespace

std::optional<Hdf5Value> Hdf5Heap::find(Reference reference) {
  const auto bytes = number_at<std::uint32_t>(reference, 0);
  const auto collection = number_at<std::uint64_t>(reference, 4);
  if (bytes == 0) return Hdf5Value{};
  if (collection_ != collection && !read_collection(collection)) return std::nullopt;
  const auto object = objects_.find(number_at<std::uint32_t>(reference, 12));
  if (object == objects_.end() || object->second.bytes < bytes) return std::nullopt;
  return Hdf5Value{object->second.offset, bytes};
}

bool Hdf5Heap::read_collection(std::uint64_t offset) {
  collection_.reset();
  objects_.clear();
  if (offset > file_.size() || file_.size() - offset < collection_head_bytes) return false;
  const std::span<const std::byte> rest = file_.subspan(offset);
  if (std::memcmp(rest.data(), "GCOL\x01", 5) != 0) return false;
  const auto whole = number_at<std::uint64_t>(rest, 8);
  if (whole < collection_head_bytes || whole > rest.size()) return false;
  for (std::size_t at = collection_head_bytes; whole - at >= object_head_bytes;) {
    const auto number = number_at<std::uint16_t>(rest, at);
    const auto bytes = number_at<std::uint64_t>(rest, at + 8);
    if (number == 0) break;  // the free rest
    at += object_head_bytes;
    if (bytes > whole - at) break;  // damaged from here on; what came before is sound
    objects_[number] = {offset + at, bytes};
    const std::uint64_t padded = (bytes + object_alignment - 1) / object_alignment * object_alignment;
    if (padded > whole - at) break;
    at += padded;
  }
  collection_ = offset;
  return true;
}

}  // namespace slabring
