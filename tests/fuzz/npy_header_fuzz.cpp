// Any bytes as the beginning of a .npy file: read, or refused as one sample's fault.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "base/sample_failure.hpp"
#include "dataset/npy_header.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const slabring::NpyHeader header = slabring::read_npy_header(std::as_bytes(std::span(data, size)));
    if (header.data_offset > size || header.data_bytes() == 0 || header.data_bytes() >> 62 != 0) std::abort();
  } catch (const slabring::SampleFailure&) {
  }
  return 0;
}
