// Any bytes as a tf.train.Example: they are refused with SampleFailure(corrupt), or the image lies inside them.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "base/sample_failure.hpp"
#include "dataset/tf_example.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace slabring;
  const std::span bytes(reinterpret_cast<const std::byte*>(data), size);
  try {
    const TfExample example = read_tf_example(bytes, "image/encoded", "image/class/label");
    if (!example.image || example.image->empty()) return 0;
    if (example.image->data() < bytes.data() || example.image->size() > size) std::abort();
    if (example.image->data() + example.image->size() > bytes.data() + size) std::abort();
  } catch (const SampleFailure& failure) {
    if (failure.status() != SampleStatus::corrupt) std::abort();
  }
  return 0;
}
