#include "read/file_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "base/sample_failure.hpp"

namespace slabring {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class FileReaderTest : public testing::Test {
 protected:
  FileReaderTest() {
    std::string pattern = testing::TempDir() + "file_reader_XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~FileReaderTest() override { fs::remove_all(folder_); }

  std::string write(const std::string& name, std::size_t bytes) {
    const fs::path path = folder_ / name;
    std::ofstream file(path, std::ios::binary);
    for (std::size_t i = 0; i < bytes; ++i) file.put(static_cast<char>(i * 7 % 251));
    return path.string();
  }

  SampleFailure failure_of(const std::string& path, std::uint64_t max_bytes = 1 << 20) {
    try {
      reader_.read(path, max_bytes);
    } catch (const SampleFailure& failure) {
      return failure;
    }
    return {SampleStatus::ok, "reading succeeded"};
  }

  fs::path folder_;
  FileReader reader_;
};

bool holds_the_pattern(std::span<const std::byte> bytes) {
  std::size_t i = 0;
  return std::ranges::all_of(bytes, [&](std::byte b) { return b == static_cast<std::byte>(i++ * 7 % 251); });
}

TEST_F(FileReaderTest, DeliversEveryByteOfFilesOfChangingSize) {
  for (std::size_t size : {1u, 70'000u, 3u, 4096u, 70'001u}) {
    const std::span<const std::byte> bytes = reader_.read(write("a", size), 1 << 20);
    ASSERT_EQ(bytes.size(), size);
    EXPECT_TRUE(holds_the_pattern(bytes));
  }
}

TEST_F(FileReaderTest, MissingFileFailsWithTheSystemsReason) {
  const SampleFailure failure = failure_of((folder_ / "none").string());
  EXPECT_EQ(failure.status(), SampleStatus::open_failed);
  EXPECT_THAT(failure.what(), HasSubstr("No such file or directory"));
}

TEST_F(FileReaderTest, EmptyFileIsEmpty) { EXPECT_EQ(failure_of(write("a", 0)).status(), SampleStatus::empty); }

TEST_F(FileReaderTest, FileOverTheLimitIsRefusedBeforeAnythingIsAllocated) {
  const std::string path = write("a", 1001);
  const SampleFailure failure = failure_of(path, 1000);
  EXPECT_EQ(failure.status(), SampleStatus::too_large);
  EXPECT_THAT(failure.what(), HasSubstr("1001 bytes, limit 1000"));
  EXPECT_EQ(reader_.capacity(), 0u);
  EXPECT_EQ(reader_.read(path, 1001).size(), 1001u);
}

TEST_F(FileReaderTest, DirectoryIsRefused) {
  const SampleFailure failure = failure_of(folder_.string());
  EXPECT_EQ(failure.status(), SampleStatus::open_failed);
  EXPECT_THAT(failure.what(), HasSubstr("a directory"));
}

TEST_F(FileReaderTest, PipeWithoutAWriterIsRefusedAndNotWaitedFor) {
  const std::string path = (folder_ / "pipe").string();
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const SampleFailure failure = failure_of(path);
  EXPECT_EQ(failure.status(), SampleStatus::open_failed);
  EXPECT_THAT(failure.what(), HasSubstr("a pipe"));
}

TEST_F(FileReaderTest, DeviceIsRefused) { EXPECT_EQ(failure_of("/dev/zero").status(), SampleStatus::open_failed); }

// A file of sysfs claims a page and delivers a line, which is what a file looks like that shrinks after fstat().
TEST_F(FileReaderTest, FileThatEndsBeforeItsSizeIsAReadFailure) {
  const std::string path = "/sys/devices/system/cpu/online";
  ASSERT_TRUE(fs::exists(path)) << "this test needs sysfs";
  const SampleFailure failure = failure_of(path);
  EXPECT_EQ(failure.status(), SampleStatus::read_failed);
  EXPECT_THAT(failure.what(), HasSubstr("shrank"));
}

TEST_F(FileReaderTest, MemoryIsGivenBackAfterAnOutlier) {
  const std::string large = write("large", FileReader::keep_bytes + 1), small = write("small", 1000);
  reader_.read(large, 1 << 30);
  EXPECT_GT(reader_.capacity(), FileReader::keep_bytes);
  EXPECT_TRUE(holds_the_pattern(reader_.read(small, 1 << 30)));
  EXPECT_LE(reader_.capacity(), FileReader::keep_bytes);
}

TEST_F(FileReaderTest, ReaderWorksOnAfterAFailure) {
  EXPECT_EQ(failure_of((folder_ / "none").string()).status(), SampleStatus::open_failed);
  EXPECT_EQ(reader_.read(write("a", 10), 100).size(), 10u);
}

TEST_F(FileReaderTest, NoDescriptorIsLeftOpen) {
  const auto open_descriptors = [] {
    return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
  };
  const std::string path = write("a", 100);
  const auto before = open_descriptors();
  reader_.read(path, 100);
  failure_of(path, 10);
  failure_of(folder_.string());
  read_ahead(path.c_str());
  read_ahead((folder_ / "none").c_str());
  EXPECT_EQ(open_descriptors(), before);
}

}  // namespace
}  // namespace slabring
