#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/cache_line.hpp"

namespace slabring::store {

/// The bytes of a cache of samples, in one memfd that all processes map to read and write:
///
///   Header | Counters | slots: a word for each sample | entries, each at a multiple of 64: Entry, then its bytes
///
/// A slot holds the offset of its sample's entry, or 0. Entries are taken one after the other, by adding to
/// Counters::next, and never change once a slot names them; nothing is ever given back. A process that is killed while
/// it writes an entry leaves a gap, and its sample's slot is still 0.
///
/// Only Header is trusted, and only what was read of it when the store was opened. Everything else may be written by a
/// worker that a hostile image has taken over: an offset is bounded before it is followed, an Entry copied before it is
/// looked at, and the checksum is that of the copy.

inline constexpr std::uint64_t magic = 0x31305453'48434253;  // "SBCHST01"
inline constexpr std::uint32_t version = 2;
inline constexpr std::uint64_t entry_alignment = 64;

struct Header {
  std::uint64_t magic;
  std::uint32_t version;
  std::uint32_t what;  ///< a CacheOf
  std::uint64_t total_bytes;
  std::uint64_t samples;
};

struct alignas(cache_line) Counters {
  std::atomic<std::uint64_t> next;  ///< where the next entry begins
  std::atomic<std::uint64_t> not_kept;
  alignas(cache_line) std::atomic<std::uint64_t> hits;
  std::atomic<std::uint64_t> misses;
};

/// What an entry's bytes are.
enum class Form : std::uint32_t { encoded = 0, pixels = 1, array = 2 };

struct Entry {
  std::uint64_t sample;
  std::uint64_t bytes;
  std::int64_t label;
  std::uint32_t form;
  std::int32_t width;  ///< of pixels
  std::int32_t height;
  std::int32_t channels;
  std::uint64_t checksum;  ///< XXH3-64 of the bytes
};

inline constexpr std::uint64_t counters_offset = cache_line;
inline constexpr std::uint64_t slots_offset = counters_offset + sizeof(Counters);

static_assert(sizeof(Header) == 32 && sizeof(Header) <= counters_offset);
static_assert(sizeof(Counters) == 2 * cache_line && sizeof(Entry) == 48);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

/// Where the entries of a store for so many samples begin.
constexpr std::uint64_t entries_offset(std::uint64_t samples) noexcept {
  const std::uint64_t end = slots_offset + samples * sizeof(std::uint64_t);
  return (end + entry_alignment - 1) / entry_alignment * entry_alignment;
}

}  // namespace slabring::store
