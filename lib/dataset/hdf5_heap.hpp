#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>

namespace slabring {

/// Where the bytes of a value of variable length are in its file.
struct Hdf5Value {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

/// The global heaps of an HDF5 file, in which values of variable length are (HDF5 File Format Specification 3.0,
/// III.E): collections of numbered objects. Reads their heads only. The file may be anything.
class Hdf5Heap {
 public:
  /// As elements of such a dataset are stored: 4 bytes of length, 8 of the collection's place, 4 of the number.
  static constexpr std::size_t reference_bytes = 16;
  using Reference = std::span<const std::byte, reference_bytes>;

  /// Requires: `file` outlives it.
  explicit Hdf5Heap(std::span<const std::byte> file) noexcept : file_(file) {}

  /// No bytes where the value has none. nullopt: the reference leads out of the file, or to no object of that length.
  std::optional<Hdf5Value> find(Reference reference);

 private:
  bool read_collection(std::uint64_t offset);

  std::span<const std::byte> file_;
  // Of the collection that was looked into last: the next value is in it as a rule, or in the one behind it.
  std::optional<std::uint64_t> collection_;
  std::map<std::uint32_t, Hdf5Value> objects_;
};

}  // namespace slabring
