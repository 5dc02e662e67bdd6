#include "dataset/file_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "base/memfd.hpp"
#include "dataset/file_table_builder.hpp"
#include "slabring/error.hpp"

namespace slabring {
namespace {

using file_table::Entry;
using file_table::Header;
using testing::HasSubstr;

UniqueFd build(std::uint64_t count) {
  FileTableBuilder builder;
  for (std::uint64_t i = 0; i < count; ++i) {
    builder.add("class" + std::to_string(i % 7) + "/image-" + std::to_string(i) + ".jpg",
                static_cast<std::int32_t>(i % 7));
  }
  return builder.finish();
}

UniqueFd memfd_of(const std::string& bytes, int seals = read_only_seals) {
  UniqueFd fd = create_memfd("slabring-test-table");
  EXPECT_EQ(::write(fd.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  if (seals != 0) add_seals(fd.get(), seals);
  return fd;
}

std::string bytes_of(const UniqueFd& fd) {
  std::string bytes(static_cast<std::size_t>(::lseek(fd.get(), 0, SEEK_END)), '\0');
  EXPECT_EQ(::pread(fd.get(), bytes.data(), bytes.size(), 0), static_cast<ssize_t>(bytes.size()));
  return bytes;
}

Header header_of(const std::string& bytes) {
  Header header{};
  std::memcpy(&header, bytes.data(), sizeof header);
  return header;
}

// ---- what is built can be read ----

TEST(FileTable, GivesBackPathsAndLabels) {
  FileTableBuilder builder;
  builder.add("a/1.jpg", 0);
  builder.add("a/\xff odd\nname.png", 0);
  builder.add(std::string(5000, 'x'), 2'000'000'000);
  builder.add("flat.jpg", -1);
  const FileTable table(builder.finish());
  ASSERT_EQ(table.size(), 4U);
  EXPECT_EQ(table.path(0), "a/1.jpg");
  EXPECT_EQ(table.path(1), "a/\xff odd\nname.png");
  EXPECT_EQ(table.path(2), std::string(5000, 'x'));
  EXPECT_EQ(table.label(2), 2'000'000'000);
  EXPECT_EQ(table.path(3), "flat.jpg");
  EXPECT_EQ(table.label(3), -1);
}

TEST(FileTable, MayBeEmpty) { EXPECT_EQ(FileTable(FileTableBuilder().finish()).size(), 0U); }

TEST(FileTable, CrossesTheWritersBuffersUnharmed) {
  // 100,000 entries: several buffers of paths and of entries; one path larger than a buffer.
  FileTableBuilder builder;
  const std::string large(3 << 20, 'L');
  for (int i = 0; i < 100'000; ++i) builder.add(i == 50'000 ? large : "path/" + std::to_string(i), i);
  const FileTable table(builder.finish());
  for (int i = 0; i < 100'000; ++i) {
    const auto index = static_cast<std::uint64_t>(i);
    ASSERT_EQ(table.path(index), i == 50'000 ? large : "path/" + std::to_string(i));
    ASSERT_EQ(table.label(index), i);
  }
}

TEST(FileTable, CostsSixteenBytesAndThePathPerSample) {
  const std::string bytes = bytes_of(build(1000));
  std::size_t paths = 0;
  const FileTable table(memfd_of(bytes));
  for (std::uint64_t i = 0; i < table.size(); ++i) paths += table.path(i).size();
  EXPECT_LE(bytes.size(), 1000 * 16 + paths + 64);
}

TEST(FileTable, NobodyCanChangeItAnyMore) {
  const FileTable table(build(10));
  EXPECT_EQ(::pwrite(table.fd(), "x", 1, 0), -1);
  EXPECT_EQ(::ftruncate(table.fd(), 0), -1);
}

// ---- what is malformed is refused, or harmless ----

std::string refusal(UniqueFd fd) {
  try {
    const FileTable table(std::move(fd));
    return "not refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::dataset);
    return error.what();
  }
}

std::string refusal_of(const std::function<void(Header&)>& change) {
  std::string bytes = bytes_of(build(5));
  Header header = header_of(bytes);
  change(header);
  std::memcpy(bytes.data(), &header, sizeof header);
  return refusal(memfd_of(bytes));
}

TEST(FileTable, UnsealedMemoryIsRefused) {
  const std::string bytes = bytes_of(build(5));
  EXPECT_THAT(refusal(memfd_of(bytes, 0)), HasSubstr("not a sealed"));
  EXPECT_THAT(refusal(memfd_of(bytes, fixed_size_seals)), HasSubstr("not a sealed"));
  EXPECT_THAT(refusal(UniqueFd(::dup(STDERR_FILENO))), HasSubstr("not a sealed"));
}

TEST(FileTable, EveryFieldOfTheHeaderIsChecked) {
  constexpr std::uint64_t huge = ~std::uint64_t{0};
  EXPECT_THAT(refusal_of([](Header& h) { h.magic ^= 1; }), HasSubstr("magic"));
  EXPECT_THAT(refusal_of([](Header& h) { h.version = 2; }), HasSubstr("version 2"));
  EXPECT_THAT(refusal_of([](Header& h) { h.entry_bytes = 24; }), HasSubstr("24-byte"));
  EXPECT_THAT(refusal_of([](Header& h) { h.total_bytes += 1; }), HasSubstr("claims"));
  EXPECT_THAT(refusal_of([](Header& h) { h.count += 1; }), HasSubstr("claims 6 entries"));
  EXPECT_THAT(refusal_of([](Header& h) { h.count = huge / 16 + 6; }), HasSubstr("entries"));
  EXPECT_THAT(refusal_of([](Header& h) { h.entries_offset = 0; }), HasSubstr("entries from 0"));
  EXPECT_THAT(refusal_of([](Header& h) { h.entries_offset = huge; }), HasSubstr("entries from"));
  EXPECT_THAT(refusal_of([](Header& h) { h.entries_offset -= 4; }), HasSubstr("entries from"));
}

TEST(FileTable, EveryTruncationIsRefused) {
  const std::string bytes = bytes_of(build(5));
  for (std::size_t length = 0; length < bytes.size(); ++length)
    ASSERT_NE(refusal(memfd_of(bytes.substr(0, length))), "not refused") << length;
}

/// The path that `bytes` themselves give for an entry, by the letter of the layout; empty when it lies outside.
std::string path_in(const std::string& bytes, std::uint64_t index) {
  const Header header = header_of(bytes);
  Entry entry{};
  std::memcpy(&entry, bytes.data() + header.entries_offset + index * sizeof entry, sizeof entry);
  const auto end = static_cast<unsigned __int128>(entry.path_offset) + entry.path_bytes;
  if (entry.path_offset < sizeof(Header) || end > header.entries_offset) return "";
  return bytes.substr(entry.path_offset, entry.path_bytes);
}

/// Opens mutated bytes; when they are accepted, reads everything and compares it with the letter of the layout.
void replay(const std::string& bytes) {
  std::optional<FileTable> table;
  try {
    table.emplace(memfd_of(bytes));
  } catch (const Error&) {
    return;
  }
  ASSERT_LE(table->size(), bytes.size() / sizeof(Entry));
  for (std::uint64_t i = 0; i < table->size(); ++i) ASSERT_EQ(table->path(i), path_in(bytes, i));
}

TEST(FileTable, EveryChangedByteIsRefusedOrReadInBounds) {
  const std::string bytes = bytes_of(build(6));
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    for (const int value : {0x00, 0x01, 0x7f, 0x80, 0xff}) {
      std::string mutated = bytes;
      mutated[at] = static_cast<char>(value);
      ASSERT_NO_FATAL_FAILURE(replay(mutated)) << "byte " << at << " = " << value;
    }
  }
}

TEST(FileTable, RandomEntriesAreReadInBounds) {
  const std::string bytes = bytes_of(build(20));
  const std::size_t entries = header_of(bytes).entries_offset;
  std::mt19937_64 random(1);
  for (int round = 0; round < 500; ++round) {
    std::string mutated = bytes;
    for (int change = 0; change < 8; ++change) {
      const std::uint64_t word = random() >> (random() % 64);
      const std::size_t at = entries + random() % (mutated.size() - entries - sizeof word);
      std::memcpy(mutated.data() + at, &word, sizeof word);
    }
    ASSERT_NO_FATAL_FAILURE(replay(mutated)) << "round " << round;
  }
}

// ---- memory ----

/// The sum of these fields of /proc/self/smaps_rollup, in bytes.
std::uint64_t memory_of(std::initializer_list<std::string_view> fields) {
  std::ifstream rollup("/proc/self/smaps_rollup");
  std::uint64_t total = 0;
  for (std::string line; std::getline(rollup, line);) {
    for (const auto field : fields)
      if (line.starts_with(field)) total += 1024 * std::stoull(line.substr(field.size()));
  }
  return total;
}

void touch(const FileTable& table) {
  volatile std::uint64_t sum = 0;
  for (std::uint64_t i = 0; i < table.size(); ++i) sum = sum + static_cast<unsigned char>(table.path(i).back());
}

/// Entries of the memory tests; more by hand, such as SLABRING_TEST_ENTRIES=10000000.
std::uint64_t many_entries() {
  const char* wanted = std::getenv("SLABRING_TEST_ENTRIES");
  return wanted == nullptr ? 200'000 : std::stoull(wanted);
}

struct MemoryCost {
  std::uint64_t mapped;
  std::uint64_t own;
};

/// What opening and reading the table through adds to a fresh process.
MemoryCost cost_in_another_process(int fd) {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe(ends.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const std::uint64_t own_before = memory_of({"Private_Dirty:", "Private_Clean:"});
    const std::uint64_t mapped_before = memory_of({"Rss:"});
    const FileTable table{UniqueFd(::dup(fd))};
    touch(table);
    const MemoryCost cost{memory_of({"Rss:"}) - mapped_before,
                          memory_of({"Private_Dirty:", "Private_Clean:"}) - own_before};
    ::_exit(::write(ends[1], &cost, sizeof cost) == sizeof cost ? 0 : 1);
  }
  MemoryCost cost{};
  EXPECT_EQ(::read(ends[0], &cost, sizeof cost), static_cast<ssize_t>(sizeof cost));
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  ::close(ends[0]);
  ::close(ends[1]);
  return cost;
}

TEST(FileTableMemory, BuildingTakesAConstantAmountOfTheProcess) {
#ifdef SLABRING_SANITIZED
  GTEST_SKIP() << "a sanitizer keeps what was freed";
#endif
  const std::uint64_t before = memory_of({"Private_Dirty:"});
  const UniqueFd fd = build(many_entries());
  const std::uint64_t after = memory_of({"Private_Dirty:"});
  const auto bytes = static_cast<std::uint64_t>(::lseek(fd.get(), 0, SEEK_END));
  RecordProperty("bytes_per_entry", std::to_string(static_cast<double>(bytes) / static_cast<double>(many_entries())));
  EXPECT_LT(after - std::min(before, after), 2U << 20) << "for a table of " << bytes << " bytes";
}

TEST(FileTableMemory, AnotherProcessAddsNoMemoryOfItsOwn) {
#ifdef SLABRING_SANITIZED
  GTEST_SKIP() << "a sanitizer's notes on memory are memory of the process";
#endif
  const FileTable table(build(many_entries()));
  touch(table);
  const auto bytes = static_cast<std::uint64_t>(::lseek(table.fd(), 0, SEEK_END));
  const MemoryCost cost = cost_in_another_process(table.fd());
  EXPECT_GE(cost.mapped + (64U << 10), bytes) << "the child did not read the whole table";
  EXPECT_LT(cost.own, 512U << 10) << "for a table of " << bytes << " bytes";
}

}  // namespace
}  // namespace slabring
