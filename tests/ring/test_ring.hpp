#pragma once

#include <sys/mman.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <system_error>
#include <vector>

#include "ring/consumer_port.hpp"
#include "ring/layout.hpp"
#include "ring/owner_word.hpp"
#include "ring/recovery.hpp"
#include "ring/worker_port.hpp"

namespace slabring::ring {

/// Zeroed memory between two pages that nobody may touch: a byte out of bounds is SIGSEGV. Shared with processes forked
/// later.
class GuardedMemory {
 public:
  explicit GuardedMemory(std::size_t bytes) : bytes_(align_up(bytes, page)) {
    whole_ = map(nullptr, bytes_ + 2 * page, PROT_NONE, 0);
    map(begin(), bytes_, PROT_READ | PROT_WRITE, MAP_FIXED);
  }
  ~GuardedMemory() { munmap(whole_, bytes_ + 2 * page); }
  GuardedMemory(const GuardedMemory&) = delete;
  GuardedMemory& operator=(const GuardedMemory&) = delete;

  std::byte* begin() const noexcept { return whole_ + page; }
  std::size_t size() const noexcept { return bytes_; }

 private:
  static constexpr std::size_t page = 4096;

  static std::byte* map(std::byte* address, std::size_t bytes, int protection, int flags) {
    void* const mapped = mmap(address, bytes, protection, MAP_SHARED | MAP_ANONYMOUS | flags, -1, 0);
    if (mapped == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap of a test's ring");
    return static_cast<std::byte*>(mapped);
  }

  std::size_t bytes_;
  std::byte* whole_;
};

/// A formatted ring of its own, and the three actors' ways into it.
class TestRing {
 public:
  static constexpr std::uint32_t default_slabs = 3;
  static constexpr std::uint64_t row_bytes = 48;
  static constexpr std::uint64_t extra_row_bytes[] = {16, 3};

  explicit TestRing(std::uint32_t batch_size, std::uint32_t slabs = default_slabs)
      : TestRing(Shape{.batch_size = batch_size,
                       .slabs = slabs,
                       .workers = 4,
                       .extra_arrays = 2,
                       .row_bytes = row_bytes,
                       .extra_row_bytes = {extra_row_bytes[0], extra_row_bytes[1]}}) {}
  explicit TestRing(const Shape& shape)
      : control_(control_bytes(shape)), data_(data_bytes(shape)), view_(shape, control_.begin(), data_.begin()) {
    view_.format();
  }

  const View& view() const noexcept { return view_; }
  Ring& ring() const noexcept { return view_.ring(); }
  std::uint32_t batch_size() const noexcept { return view_.shape().batch_size; }
  const GuardedMemory& control() const noexcept { return control_; }
  const GuardedMemory& data() const noexcept { return data_; }

  ConsumerPort trainer() const noexcept { return ConsumerPort{view_}; }
  WorkerPort worker(std::uint32_t slot) const noexcept { return WorkerPort{view_, slot}; }

  /// The sample that arm() gives to a row: no two rows of a run have the same.
  static std::uint64_t sample_of(std::uint64_t batch, std::uint32_t row) noexcept { return batch * max_batch + row; }

  void arm(std::uint32_t slab, std::uint64_t batch, std::uint32_t rows) const {
    std::vector<SampleId> samples(rows);
    for (std::uint32_t r = 0; r < rows; ++r) samples[r] = SampleId{sample_of(batch, r)};
    trainer().arm(slab, batch, /*epoch=*/0, samples);
  }
  void arm(std::uint32_t slab, std::uint64_t batch) const { arm(slab, batch, batch_size()); }

  /// Claims and publishes whatever there is; returns the claims in order.
  std::vector<Claim> work_off(std::uint32_t slot) const {
    std::vector<Claim> claims;
    WorkerPort port = worker(slot);
    while (const auto claim = port.try_claim()) {
      view_.row(claim->slab, claim->row).status = static_cast<std::uint32_t>(SampleStatus::ok);
      port.publish(*claim);
      claims.push_back(*claim);
    }
    return claims;
  }

  /// As the coordinator: the worker in `slot` is dead.
  Recovered bury(std::uint32_t slot, std::uint32_t weight = kill_weight) const {
    return recover(view_, slot, weight, Verdict{.message = "two workers died of this sample"});
  }

  OwnerWord owner(std::uint32_t slab, std::uint32_t row) const { return OwnerWord{view_.owner(slab, row).load()}; }
  bool done(std::uint32_t slab, std::uint32_t row) const {
    return view_.done(slab, row / bits_per_word).load() >> (row % bits_per_word) & 1;
  }
  SampleStatus status(std::uint32_t slab, std::uint32_t row) const {
    return static_cast<SampleStatus>(view_.row(slab, row).status);
  }
  std::uint64_t hint_ticket() const { return ring().hint.load() & ticket_mask; }
  std::uint64_t hint_tag() const { return ring().hint.load() >> ticket_bits; }

 private:
  GuardedMemory control_;
  GuardedMemory data_;
  View view_;
};

/// One word of the bitmap, just full, just over, and several words.
inline constexpr std::uint32_t telling_batch_sizes[] = {1, 63, 64, 65, 130};

}  // namespace slabring::ring
