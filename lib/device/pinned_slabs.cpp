#include "device/pinned_slabs.hpp"

namespace slabring {

PinnedSlabs::PinnedSlabs(std::span<std::byte> region, std::size_t slab_bytes, const CudaOptions& options)
    : context_(options), slab_bytes_(slab_bytes) {
  registered_.reserve(region.size() / slab_bytes);
  const cuda::PrimaryContext::Current current(context_);
  for (std::size_t offset = 0; offset < region.size(); offset += slab_bytes) {
    std::byte* const slab = region.data() + offset;
    const cuda::Result result = context_.call().host_register(slab, slab_bytes, cuda::register_portable);
    if (result != cuda::success) let_go();
    context_.check(result, "cuMemHostRegister");
    registered_.push_back(slab);
  }
}

PinnedSlabs::~PinnedSlabs() {
  if (!context_.is_ours()) return;
  const cuda::PrimaryContext::Current current(context_);
  let_go();
}

void PinnedSlabs::let_go() noexcept {
  for (std::byte* const slab : registered_) context_.call().host_unregister(slab);
  registered_.clear();
}

}  // namespace slabring
