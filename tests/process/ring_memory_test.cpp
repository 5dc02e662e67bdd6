#include "process/ring_memory.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>

#include "base/memfd.hpp"
#include "slabring/error.hpp"
#include "support/temporary_folder.hpp"

namespace slabring {
namespace {

using ::testing::HasSubstr;

constexpr ring::Shape small{4, 2, 1, 0, 1000};

TEST(RingMemory, SizeIsSealedAfterCommit) {
  RingMemory memory = RingMemory::create(small);
  memory.commit();
  for (const int fd : {memory.control_fd(), memory.data_fd()}) {
    EXPECT_EQ(ftruncate(fd, 0), -1);
    EXPECT_EQ(errno, EPERM);
    EXPECT_TRUE(has_seals(fd, fixed_size_seals));
  }
}

TEST(RingMemory, DataIsAlignedForHugePages) {
  const RingMemory memory = RingMemory::create(small);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory.data().bytes().data()) % ring::DataOffsets::huge_page, 0U);
}

TEST(RingMemory, AnotherProcessSeesTheSameBytes) {
  RingMemory memory = RingMemory::create(small);
  memory.view().format();
  memory.commit();
  RingMemory joined = RingMemory::attach(UniqueFd(dup(memory.control_fd())), UniqueFd(dup(memory.data_fd())));
  EXPECT_EQ(joined.view().shape(), small);
  memory.view().pixels(1, 3)[999] = std::byte{42};
  EXPECT_EQ(joined.view().pixels(1, 3)[999], std::byte{42});
}

TEST(RingMemory, ForeignMemoryIsRefused) {
  UniqueFd control = create_memfd("not-a-ring");
  UniqueFd data = create_memfd("not-a-ring");
  ASSERT_EQ(ftruncate(control.get(), 1 << 20), 0);
  EXPECT_THROW(RingMemory::attach(std::move(control), std::move(data)), Error);
}

TEST(RingMemory, TruncatedDataIsRefused) {
  RingMemory memory = RingMemory::create(small);
  memory.view().format();
  ASSERT_EQ(ftruncate(memory.data_fd(), 4096), 0);
  EXPECT_THROW(RingMemory::attach(UniqueFd(dup(memory.control_fd())), UniqueFd(dup(memory.data_fd()))), Error);
}

TEST(RingMemory, RingLargerThanTheControlGroupIsRefusedWithTheArithmetic) {
  test::TemporaryFolder folder;
  std::filesystem::create_directories(folder.path() / "mount/job");
  std::ofstream(folder.path() / "meminfo") << "MemTotal: 99999999 kB\nMemAvailable: 99999999 kB\n";
  std::ofstream(folder.path() / "membership") << "0::/job\n";
  std::ofstream(folder.path() / "mount/job/memory.max") << 100 << "000000";
  std::ofstream(folder.path() / "mount/job/memory.current") << 50 << "000000";
  const ring::Shape large{256, 4, 8, 0, 224 * 224 * 3};
  try {
    RingMemory::create(large, {folder.path() / "mount", folder.path() / "membership", folder.path() / "meminfo"});
    FAIL() << "a ring of 154 MB fitted into 50";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::memory);
    EXPECT_THAT(error.what(), HasSubstr("prefetch 4 x batch_size 256 x 150528 bytes a row"));
    EXPECT_THAT(error.what(), HasSubstr("the control group /job leaves 47.7 MiB"));
  }
}

}  // namespace
}  // namespace slabring
