#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/unique_fd.hpp"
#include "cache/store_layout.hpp"
#include "process/cgroup.hpp"
#include "slabring/cache.hpp"
#include "slabring/sample.hpp"

namespace slabring {

/// Samples in shared memory that any process may add to and read from, without locks (store_layout.hpp). Thread-safe.
class SampleStore {
 public:
  /// A new one of `limit_bytes` in all, allocated now. Throws Error(memory) with the arithmetic when the machine does
  /// not have that, and Error(invalid_argument) when the table of samples leaves no room.
  static SampleStore create(std::uint64_t samples, CacheOf what, std::uint64_t limit_bytes,
                            const CgroupPaths& paths = {});
  /// Another process's. Throws Error(dataset) when it is no store for so many samples.
  SampleStore(UniqueFd fd, std::uint64_t samples);

  CacheOf what() const noexcept { return what_; }
  int fd() const noexcept { return fd_.get(); }

  /// Copies the sample's bytes to `bytes`; nullopt, and `bytes` is unspecified, when they are not there or damaged.
  /// Counts a hit or a miss.
  std::optional<store::Entry> read(SampleId id, std::vector<std::byte>& bytes) const;
  bool has(SampleId id) const noexcept { return slot(id).load(std::memory_order_relaxed) != 0; }
  /// Whether so many bytes would fit now.
  bool has_room(std::uint64_t bytes) const noexcept;
  /// A sample did not fit once.
  bool is_full() const noexcept;
  /// Of a sample that was found not to be there without read().
  void count_miss() const noexcept;

  /// Adds a sample: `about` without its sample, bytes and checksum. Does nothing when it is there, or does not fit.
  void keep(SampleId id, store::Entry about, std::span<const std::byte> bytes) const noexcept;

  /// Looks at the slot of every sample.
  CacheStats stats() const noexcept;

 private:
  using Words = std::atomic<std::uint64_t>;

  std::optional<store::Entry> copy_entry(SampleId id, std::vector<std::byte>& bytes) const;
  std::optional<std::uint64_t> take_room(std::uint64_t bytes) const noexcept;
  store::Counters& counters() const noexcept;
  Words& slot(SampleId id) const noexcept;

  UniqueFd fd_;
  std::shared_ptr<std::byte> base_;
  // Copies of what was checked.
  std::uint64_t samples_ = 0;
  std::uint64_t total_ = 0;
  std::uint64_t first_entry_ = 0;
  CacheOf what_ = CacheOf::encoded;
};

}  // namespace slabring
