#include "cache/sample_store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "base/fingerprint.hpp"
#include "base/memfd.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

using store::Entry;
using store::Header;

constexpr double mebibyte = 1024.0 * 1024.0;

constexpr std::uint64_t round_up(std::uint64_t bytes) noexcept {
  return (bytes + store::entry_alignment - 1) / store::entry_alignment * store::entry_alignment;
}

void check_limit(std::uint64_t samples, std::uint64_t limit, const CgroupPaths& paths) {
  const std::uint64_t table = store::entries_offset(samples);
  if (limit <= table) {
    throw Error(ErrorCode::invalid_argument,
                fmt::format("the limit of a cache is {} bytes, and its table of {} samples alone needs {}", limit,
                            samples, table));
  }
  const MemoryHeadroom headroom = memory_headroom(paths);
  if (limit <= headroom.available()) return;
  throw Error(
      ErrorCode::memory,
      fmt::format("the cache does not fit: its limit is {:.1f} MiB, but {} leaves {:.1f} MiB (limit {:.1f} MiB, "
                  "in use {:.1f} MiB); choose a smaller limit",
                  static_cast<double>(limit) / mebibyte, headroom.origin,
                  static_cast<double>(headroom.available()) / mebibyte, static_cast<double>(headroom.limit) / mebibyte,
                  static_cast<double>(headroom.used) / mebibyte));
}

[[noreturn]] void refuse(const std::string& why) { throw Error(ErrorCode::dataset, "the memory of a cache " + why); }

}  // namespace

// As the ring's memory: all of it now, so that no later touch can fail.
SampleStore SampleStore::create(std::uint64_t samples, CacheOf what, std::uint64_t limit_bytes,
                                const CgroupPaths& paths) {
  check_limit(samples, limit_bytes, paths);
  UniqueFd fd = create_memfd("slabring-cache");
  int error = 0;
  do {
    error = ::posix_fallocate(fd.get(), 0, static_cast<off_t>(limit_bytes));
  } while (error == EINTR);
  if (error != 0) {
    throw Error(ErrorCode::memory,
                fmt::format("cannot allocate {:.1f} MiB for a cache: {}; choose a smaller limit",
                            static_cast<double>(limit_bytes) / mebibyte, std::generic_category().message(error)));
  }
  const Header header{store::magic, store::version, static_cast<std::uint32_t>(what), limit_bytes, samples};
  const std::uint64_t next = store::entries_offset(samples);
  const bool written =
      ::pwrite(fd.get(), &header, sizeof header, 0) == static_cast<ssize_t>(sizeof header) &&
      ::pwrite(fd.get(), &next, sizeof next, store::counters_offset) == static_cast<ssize_t>(sizeof next);
  if (!written) throw Error(ErrorCode::memory, "the header of a cache cannot be written");
  add_seals(fd.get(), fixed_size_seals);
  return {std::move(fd), samples};
}

SampleStore::SampleStore(UniqueFd fd, std::uint64_t samples)
    : fd_(std::move(fd)), samples_(samples), first_entry_(store::entries_offset(samples)) {
  // A shrink under a reader would be a SIGBUS.
  if (!has_seals(fd_.get(), fixed_size_seals)) refuse("is no memfd of a fixed size");
  struct stat status {};
  Header header{};
  if (::fstat(fd_.get(), &status) != 0 ||
      ::pread(fd_.get(), &header, sizeof header, 0) != static_cast<ssize_t>(sizeof header)) {
    refuse("cannot be read: " + std::generic_category().message(errno));
  }
  total_ = static_cast<std::uint64_t>(status.st_size);
  const bool is_ours = header.magic == store::magic && header.version == store::version &&
                       header.total_bytes == total_ && header.what <= static_cast<std::uint32_t>(CacheOf::decoded);
  if (!is_ours) refuse(fmt::format("begins with {:#018x} and is not of this version", header.magic));
  if (header.samples != samples || first_entry_ > total_) {
    refuse(fmt::format("is for {} samples, and the dataset has {}", header.samples, samples));
  }
  what_ = static_cast<CacheOf>(header.what);
  void* const mapped = ::mmap(nullptr, total_, PROT_READ | PROT_WRITE, MAP_SHARED, fd_.get(), 0);
  if (mapped == MAP_FAILED) {
    refuse(fmt::format("of {} bytes cannot be mapped: {}", total_, std::generic_category().message(errno)));
  }
  base_ = {static_cast<std::byte*>(mapped), [bytes = total_](std::byte* at) { ::munmap(at, bytes); }};
  ::madvise(mapped, total_, MADV_DONTDUMP);
}

store::Counters& SampleStore::counters() const noexcept {
  return *reinterpret_cast<store::Counters*>(base_.get() + store::counters_offset);
}

SampleStore::Words& SampleStore::slot(SampleId id) const noexcept {
  return *reinterpret_cast<Words*>(base_.get() + store::slots_offset + to_index(id) * sizeof(Words));
}

std::optional<Entry> SampleStore::read(SampleId id, std::vector<std::byte>& bytes) const {
  std::optional<Entry> entry = copy_entry(id, bytes);
  (entry ? counters().hits : counters().misses).fetch_add(1, std::memory_order_relaxed);
  return entry;
}

std::optional<Entry> SampleStore::copy_entry(SampleId id, std::vector<std::byte>& bytes) const {
  // Pairs with the release in keep(): what the slot names was written before.
  const std::uint64_t offset = slot(id).load(std::memory_order_acquire);
  const bool inside = offset >= first_entry_ && offset % store::entry_alignment == 0 && total_ >= sizeof(Entry) &&
                      offset <= total_ - sizeof(Entry);
  if (!inside) return std::nullopt;
  Entry entry{};
  std::memcpy(&entry, base_.get() + offset, sizeof entry);
  const std::uint64_t room = total_ - offset - sizeof entry;
  if (entry.sample != to_index(id) || entry.bytes > room) return std::nullopt;
  const std::byte* const first = base_.get() + offset + sizeof entry;
  bytes.assign(first, first + entry.bytes);
  if (fingerprint_of(bytes) != entry.checksum) return std::nullopt;
  return entry;
}

bool SampleStore::has_room(std::uint64_t bytes) const noexcept {
  const std::uint64_t next = counters().next.load(std::memory_order_relaxed);
  return next >= first_entry_ && next <= total_ && bytes <= total_ - next &&
         round_up(sizeof(Entry) + bytes) <= total_ - next;
}

bool SampleStore::is_full() const noexcept { return counters().not_kept.load(std::memory_order_relaxed) != 0; }

void SampleStore::count_miss() const noexcept { counters().misses.fetch_add(1, std::memory_order_relaxed); }

/// Room for an entry: its offset. nullopt: none left, or the word was tampered with.
std::optional<std::uint64_t> SampleStore::take_room(std::uint64_t bytes) const noexcept {
  Words& next = counters().next;
  std::uint64_t offset = next.load(std::memory_order_relaxed);
  const std::uint64_t needed = round_up(sizeof(Entry) + bytes);
  do {
    const bool sound = offset >= first_entry_ && offset <= total_ && offset % store::entry_alignment == 0;
    if (!sound || bytes > total_ || needed > total_ - offset) return std::nullopt;
  } while (!next.compare_exchange_weak(offset, offset + needed, std::memory_order_relaxed));
  return offset;
}

void SampleStore::keep(SampleId id, Entry about, std::span<const std::byte> bytes) const noexcept {
  if (has(id)) return;
  const std::optional<std::uint64_t> offset = take_room(bytes.size());
  if (!offset) {
    counters().not_kept.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  about.sample = to_index(id);
  about.bytes = bytes.size();
  about.checksum = fingerprint_of(bytes);
  std::memcpy(base_.get() + *offset, &about, sizeof about);
  std::copy(bytes.begin(), bytes.end(), base_.get() + *offset + sizeof about);
  // Published last, so a process that is killed before has kept nothing. Of two that were at it one wins, and the
  // other's copy is a gap. Pairs with the acquire in copy_entry().
  std::uint64_t empty = 0;
  slot(id).compare_exchange_strong(empty, *offset, std::memory_order_release, std::memory_order_relaxed);
}

CacheStats SampleStore::stats() const noexcept {
  const store::Counters& now = counters();
  CacheStats stats;
  stats.limit_bytes = total_;
  stats.used_bytes = std::min(now.next.load(std::memory_order_relaxed), total_);
  // Counted where they are: a process may be killed between publishing one and whatever it would do next.
  for (std::uint64_t id = 0; id < samples_; ++id) stats.samples += has(SampleId{id}) ? 1 : 0;
  stats.not_kept = now.not_kept.load(std::memory_order_relaxed);
  stats.hits = now.hits.load(std::memory_order_relaxed);
  stats.misses = now.misses.load(std::memory_order_relaxed);
  return stats;
}

}  // namespace slabring
