// Any bytes as an IDX file: read, or refused.
#include <cstdint>
#include <cstdlib>
#include <span>

#include "base/sample_failure.hpp"
#include "dataset/idx_header.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    const slabring::IdxHeader header = slabring::read_idx_header(std::as_bytes(std::span(data, size)));
    if (header.data_offset + header.shape.elements() != size) std::abort();
  } catch (const slabring::SampleFailure&) {
  }
  return 0;
}
