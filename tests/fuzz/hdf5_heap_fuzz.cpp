// Any bytes as an HDF5 file with references into its heaps: what is found lies inside.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "dataset/hdf5_heap.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slabring;
  const std::span file(reinterpret_cast<const std::byte*>(data), size);
  Hdf5Heap heap(file);
  for (std::size_t at = 0; at + Hdf5Heap::reference_bytes <= size; ++at) {
    const auto value = heap.find(file.subspan(at).first<Hdf5Heap::reference_bytes>());
    if (value && (value->offset > size || value->bytes > size - value->offset)) std::abort();
  }
  return 0;
}
