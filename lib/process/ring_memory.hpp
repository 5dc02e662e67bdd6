#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/unique_fd.hpp"
#include "process/cgroup.hpp"
#include "process/mapped_memory.hpp"
#include "ring/layout.hpp"

namespace slabring {

/// The two memfds of a ring and their mappings. Nothing is named, so nothing can be left behind or collide; the kernel
/// frees it with the last process.
class RingMemory {
 public:
  RingMemory() = default;

  /// Trainer: creates and maps both, empty; no page is allocated yet.
  /// Throws Error(memory) with the arithmetic when the ring does not fit the memory left.
  static RingMemory create(const ring::Shape& shape, const CgroupPaths& paths = {});

  /// Coordinator and workers: maps what the trainer made, after checking the header and both sizes.
  /// Throws Error(process) when it is no ring of this version.
  static RingMemory attach(UniqueFd control, UniqueFd data);

  /// Allocates every page and seals the size, so that no later touch can fail. A missing page would be a SIGBUS.
  /// Throws Error(memory). Harmless when it was done before. Coordinator, or the trainer when it has no workers.
  void commit();

  const ring::View& view() const noexcept { return view_; }
  int control_fd() const noexcept { return control_fd_.get(); }
  int data_fd() const noexcept { return data_fd_.get(); }
  const MappedMemory& data() const noexcept { return data_; }
  const MappedMemory& control() const noexcept { return control_; }
  std::uint64_t total_bytes() const noexcept { return control_.bytes().size() + data_.bytes().size(); }

  /// After the hand-over: the mappings stay, the descriptors are not needed any more.
  void close_descriptors() noexcept;

 private:
  UniqueFd control_fd_;
  UniqueFd data_fd_;
  MappedMemory control_;
  MappedMemory data_;
  ring::View view_;
};

/// "prefetch 4 x batch_size 256 x 150,528 bytes a row = ..." for messages.
std::string describe_ring_size(const ring::Shape& shape);

}  // namespace slabring
