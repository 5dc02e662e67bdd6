#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "device/cuda_driver.hpp"

namespace slabring {

/// Slabs that are registered with the CUDA driver (page-locked), so that a GPU's copy engine reads them by itself. A
/// registration each: a copy must not lie across two, a batch never does, and the driver is asked for no more than one
/// slab at a time. Destroy it before the memory is unmapped.
class PinnedSlabs {
 public:
  /// Throws Error(device) when one of them cannot be registered; none is then.
  /// Requires: `slab_bytes` > 0 divides the size of `region`.
  PinnedSlabs(std::span<std::byte> region, std::size_t slab_bytes, const CudaOptions& options);
  ~PinnedSlabs();
  PinnedSlabs(const PinnedSlabs&) = delete;
  PinnedSlabs& operator=(const PinnedSlabs&) = delete;

  std::size_t bytes() const noexcept { return registered_.size() * slab_bytes_; }

 private:
  void let_go() noexcept;

  cuda::PrimaryContext context_;
  std::size_t slab_bytes_;
  std::vector<std::byte*> registered_;
};

}  // namespace slabring
