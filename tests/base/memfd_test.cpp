#include "base/memfd.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

#include "slabring/error.hpp"

namespace slabring {
namespace {

TEST(Memfd, IsClosedOnExecAndNotYetSealed) {
  const UniqueFd fd = create_memfd("slabring-test");
  EXPECT_TRUE(::fcntl(fd.get(), F_GETFD) & FD_CLOEXEC);
  EXPECT_FALSE(has_seals(fd.get(), F_SEAL_SHRINK)) << "seals are the caller's to add";
}

TEST(Memfd, FixedSizeIsKeptWhileTheBytesStayWritable) {
  const UniqueFd fd = create_memfd("slabring-test");
  ASSERT_EQ(::ftruncate(fd.get(), 4096), 0);
  add_seals(fd.get(), fixed_size_seals);
  EXPECT_EQ(::ftruncate(fd.get(), 0), -1);
  EXPECT_EQ(errno, EPERM);
  EXPECT_EQ(::pwrite(fd.get(), "x", 1, 0), 1);
  EXPECT_FALSE(has_seals(fd.get(), read_only_seals));
}

TEST(Memfd, ReadOnlyRefusesWritingAndWritableMappings) {
  const UniqueFd fd = create_memfd("slabring-test");
  ASSERT_EQ(::pwrite(fd.get(), "x", 1, 0), 1);
  add_seals(fd.get(), read_only_seals);
  EXPECT_TRUE(has_seals(fd.get(), read_only_seals));
  EXPECT_EQ(::pwrite(fd.get(), "y", 1, 0), -1);
  EXPECT_EQ(::mmap(nullptr, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0), MAP_FAILED);
}

TEST(Memfd, SealingAWritableMappingIsRefusedWithTheReason) {
  const UniqueFd fd = create_memfd("slabring-test");
  ASSERT_EQ(::ftruncate(fd.get(), 4096), 0);
  void* mapped = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
  ASSERT_NE(mapped, MAP_FAILED);
  try {
    add_seals(fd.get(), read_only_seals);
    ADD_FAILURE() << "sealed although mapped for writing";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::io);
    EXPECT_THAT(error.what(), testing::HasSubstr("Device or resource busy"));
  }
  ::munmap(mapped, 4096);
}

TEST(Memfd, AnotherKindOfDescriptorHasNoSeals) { EXPECT_FALSE(has_seals(STDIN_FILENO, F_SEAL_SHRINK)); }

}  // namespace
}  // namespace slabring
