#include "cache/sample_store.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "base/memfd.hpp"
#include "slabring/error.hpp"
#include "support/refusal.hpp"

namespace slabring {
namespace {

using test::refusal_of;
using testing::AllOf;
using testing::HasSubstr;

constexpr std::uint64_t samples = 100;
constexpr std::uint64_t limit = 64 << 10;

std::vector<std::byte> content(std::uint64_t id, std::size_t size = 300) {
  std::vector<std::byte> bytes(size);
  for (std::size_t k = 0; k < size; ++k) bytes[k] = static_cast<std::byte>(id * 7 + k);
  return bytes;
}

store::Entry labelled(std::int64_t label) {
  store::Entry entry{};
  entry.label = label;
  return entry;
}

SampleStore make_store() { return SampleStore::create(samples, CacheOf::encoded, limit); }

/// Another process's view of it.
SampleStore attach(const SampleStore& store) { return {UniqueFd(fcntl(store.fd(), F_DUPFD_CLOEXEC, 3)), samples}; }

/// The words themselves, as a hostile process has them.
class Words {
 public:
  explicit Words(const SampleStore& store)
      : at_(static_cast<std::byte*>(mmap(nullptr, limit, PROT_READ | PROT_WRITE, MAP_SHARED, store.fd(), 0))) {}
  ~Words() { munmap(at_, limit); }
  Words(const Words&) = delete;
  Words& operator=(const Words&) = delete;
  std::uint64_t& slot(std::uint64_t id) const { return word(store::slots_offset + id * 8); }
  std::uint64_t& next() const { return word(store::counters_offset); }
  std::uint64_t& word(std::uint64_t offset) const { return *reinterpret_cast<std::uint64_t*>(at_ + offset); }

 private:
  std::byte* at_;
};

TEST(SampleStore, WhatOneProcessKeepsAnotherReads) {
  const SampleStore store = make_store();
  std::vector<std::byte> bytes;
  EXPECT_FALSE(store.read(SampleId{3}, bytes).has_value());
  store.keep(SampleId{3}, labelled(-5), content(3));
  const SampleStore other = attach(store);
  const auto entry = other.read(SampleId{3}, bytes);
  ASSERT_TRUE(entry.has_value());
  EXPECT_EQ(entry->label, -5);
  EXPECT_EQ(bytes, content(3));
  const CacheStats stats = store.stats();
  EXPECT_EQ(stats.hits, 1U);
  EXPECT_EQ(stats.misses, 1U);
  EXPECT_EQ(stats.samples, 1U);
  EXPECT_EQ(stats.limit_bytes, limit);
}

TEST(SampleStore, IsFilledToItsLimitAndNoFurther) {
  const SampleStore store = make_store();
  for (std::uint64_t id = 0; id < samples; ++id) store.keep(SampleId{id}, labelled(0), content(id, 1000));
  const CacheStats full = store.stats();
  EXPECT_LE(full.used_bytes, limit);
  EXPECT_GT(full.used_bytes, limit - 1100);
  EXPECT_EQ(full.samples + full.not_kept, samples);
  EXPECT_FALSE(store.has_room(1000));
  std::vector<std::byte> bytes;
  for (std::uint64_t id = 0; id < samples; ++id) {
    EXPECT_EQ(store.read(SampleId{id}, bytes).has_value(), id < full.samples);
    if (id < full.samples) {
      EXPECT_EQ(bytes, content(id, 1000));
    }
  }
}

TEST(SampleStore, RoomOfAProcessThatDiedBeforeItPublishedIsAGap) {
  const SampleStore store = make_store();
  {
    const Words words(store);
    std::memset(&words.word(words.next()), 0xaa, 200);  // half an entry, whose slot is still empty
    words.next() += 384;
  }
  std::vector<std::byte> bytes;
  EXPECT_FALSE(store.read(SampleId{1}, bytes).has_value());
  store.keep(SampleId{1}, labelled(1), content(1));
  EXPECT_TRUE(store.read(SampleId{1}, bytes).has_value());
  EXPECT_EQ(bytes, content(1));
}

TEST(SampleStore, SampleOfAProcessThatDiedRightAfterItPublishedCounts) {
  const SampleStore store = make_store();
  store.keep(SampleId{1}, labelled(1), content(1));
  const Words words(store);
  words.slot(2) = words.slot(1);
  EXPECT_EQ(store.stats().samples, 2U);
}

TEST(SampleStore, KilledWritersLeaveWholeSamplesOnly) {
  for (std::uint64_t wanted = 1; wanted < 60; wanted += 6) {
    const SampleStore store = make_store();
    const pid_t writer = fork();
    if (writer == 0) {
      for (std::uint64_t id = 0;; id = (id + 1) % samples) store.keep(SampleId{id}, labelled(0), content(id));
    }
    while (store.stats().samples < wanted) {
    }
    kill(writer, SIGKILL);
    waitpid(writer, nullptr, 0);
    std::vector<std::byte> bytes;
    for (std::uint64_t id = 0; id < samples; ++id) {
      store.keep(SampleId{id}, labelled(0), content(id));
      ASSERT_TRUE(store.read(SampleId{id}, bytes).has_value()) << id;
      EXPECT_EQ(bytes, content(id));
    }
  }
}

TEST(SampleStore, NothingThatAnotherProcessWritesIsFollowedOutOfBounds) {
  const SampleStore store = make_store();
  for (std::uint64_t id = 0; id < 3; ++id) store.keep(SampleId{id}, labelled(0), content(id));
  const Words words(store);
  std::vector<std::byte> bytes;
  const std::uint64_t sound = words.slot(0);
  for (const std::uint64_t offset : {std::uint64_t{8}, sound + 8, limit, limit - 64, limit + 64, ~std::uint64_t{0},
                                     ~std::uint64_t{63}, words.slot(1), std::uint64_t{store::slots_offset}}) {
    words.slot(0) = offset;
    EXPECT_FALSE(store.read(SampleId{0}, bytes).has_value()) << offset;
  }
  words.slot(0) = sound;
  for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{299}, limit, ~std::uint64_t{0}}) {
    words.word(sound + 8) = size;
    EXPECT_FALSE(store.read(SampleId{0}, bytes).has_value()) << size;
  }
  words.word(sound + 8) = 300;
  EXPECT_TRUE(store.read(SampleId{0}, bytes).has_value());
  words.word(sound + 64) ^= 1;
  EXPECT_FALSE(store.read(SampleId{0}, bytes).has_value()) << "a bit has changed";
  for (const std::uint64_t next : {std::uint64_t{0}, limit - 8, limit, ~std::uint64_t{0}, sound + 1}) {
    words.next() = next;
    store.keep(SampleId{50}, labelled(0), content(50));
    EXPECT_FALSE(store.read(SampleId{50}, bytes).has_value()) << next;
  }
}

TEST(SampleStore, LimitsThatCannotBeAreRefusedWithTheArithmetic) {
  EXPECT_THAT(refusal_of([] { SampleStore::create(1000, CacheOf::encoded, 8000); }, ErrorCode::invalid_argument),
              AllOf(HasSubstr("8000 bytes"), HasSubstr("1000 samples")));
  EXPECT_THAT(refusal_of([] { SampleStore::create(10, CacheOf::encoded, std::uint64_t{1} << 50); }, ErrorCode::memory),
              AllOf(HasSubstr("the cache does not fit"), HasSubstr("leaves"), HasSubstr("choose a smaller limit")));
}

TEST(SampleStore, MemoryThatIsNoStoreIsRefused) {
  UniqueFd fd = create_memfd("test");
  ASSERT_EQ(ftruncate(fd.get(), 8192), 0);
  const auto open = [&] { SampleStore(UniqueFd(fcntl(fd.get(), F_DUPFD_CLOEXEC, 3)), 10); };
  EXPECT_THAT(refusal_of(open, ErrorCode::dataset), HasSubstr("fixed size"));
  add_seals(fd.get(), fixed_size_seals);
  EXPECT_THAT(refusal_of(open, ErrorCode::dataset), HasSubstr("not of this version"));
  const SampleStore store = make_store();
  EXPECT_THAT(refusal_of([&] { SampleStore(UniqueFd(fcntl(store.fd(), F_DUPFD_CLOEXEC, 3)), 99); }, ErrorCode::dataset),
              AllOf(HasSubstr("100 samples"), HasSubstr("has 99")));
}

}  // namespace
}  // namespace slabring
