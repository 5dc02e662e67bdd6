// Kept indexes: made once however many processes want one, shared by all of them, and never believed when damaged.
#include "dataset/index_cache.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstring>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include "dataset/file_table.hpp"
#include "dataset/file_table_builder.hpp"
#include "dataset/folder_files.hpp"
#include "slabring/error.hpp"
#include "slabring/sources.hpp"
#include "support/temporary_folder.hpp"

namespace slabring {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;
using ::testing::StartsWith;

UniqueFd table_of(std::uint64_t files) {
  FileTableBuilder builder;
  for (std::uint64_t i = 0; i < files; ++i)
    builder.add(fmt::format("image{}.jpg", i), static_cast<std::int32_t>(i % 3));
  return builder.finish();
}

/// Where a descriptor's file is.
std::pair<dev_t, ino_t> place_of(int fd) {
  struct stat status {};
  EXPECT_EQ(::fstat(fd, &status), 0);
  return {status.st_dev, status.st_ino};
}

class IndexCaches : public testing::Test {
 protected:
  IndexCache cache(std::string identity = "now") { return {options_, "test", "a source", "name", std::move(identity)}; }
  fs::path file() { return only_file(".index"); }
  fs::path only_file(std::string_view ending) {
    fs::path found;
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
      if (entry.path().native().ends_with(ending)) found = entry.path();
    }
    return found;
  }
  void make(std::uint64_t files = 10) {
    cache().get([&] { return KeptIndex{"words", table_of(files)}; });
  }
  bool is_used(std::string identity = "now") { return cache(std::move(identity)).load().has_value(); }

  test::TemporaryFolder folder_;
  std::vector<IndexOutcome> outcomes_;
  SourceOptions options_{.cache_folder = folder_.path(),
                         .outcome = [this](const IndexOutcome& outcome) { outcomes_.push_back(outcome); }};
};

TEST_F(IndexCaches, IndexIsMadeOnceAndThenMappedFromItsFile) {
  int made = 0;
  const auto get = [&] {
    return cache().get([&] {
      ++made;
      return KeptIndex{"words", table_of(10)};
    });
  };
  const KeptIndex first = get();
  const KeptIndex second = get();
  EXPECT_EQ(made, 1);
  EXPECT_EQ(second.about, "words");
  EXPECT_EQ(place_of(first.table.get()), place_of(second.table.get()));
  EXPECT_EQ(FileTable(UniqueFd(::dup(second.table.get()))).path(9), "image9.jpg");

  ASSERT_EQ(outcomes_.size(), 2U);
  EXPECT_TRUE(outcomes_[0].made);
  EXPECT_FALSE(outcomes_[1].made);
  for (const IndexOutcome& outcome : outcomes_) {
    EXPECT_EQ(outcome.samples, 10U);
    EXPECT_TRUE(outcome.shared) << outcome.reason;
    EXPECT_EQ(outcome.kept_in, file());
  }
  EXPECT_EQ(only_file(".part"), fs::path()) << "nothing is left beside the index";
}

TEST_F(IndexCaches, WhoWaitsGetsTheIndexOfTheOneThatMadesIt) {
  IndexCache maker = cache();
  ASSERT_FALSE(maker.wait_or_begin());
  int waits = 0;
  SourceOptions waiting = options_;
  waiting.progress = [&](const IndexProgress& now) {
    EXPECT_TRUE(now.waiting);
    EXPECT_EQ(now.source, "a source");
    if (++waits == 3) maker.keep({"of the maker", table_of(4)});
  };
  IndexCache waiter(waiting, "test", "a source", "name", "now");
  const auto kept = waiter.wait_or_begin();
  ASSERT_TRUE(kept.has_value());
  EXPECT_EQ(kept->about, "of the maker");
  EXPECT_EQ(waits, 3);
}

TEST_F(IndexCaches, WhoWaitsIsNextWhenTheMakerGivesUp) {
  auto maker = std::make_unique<IndexCache>(options_, "test", "a source", "name", "now");
  ASSERT_FALSE(maker->wait_or_begin());
  SourceOptions waiting = options_;
  waiting.progress = [&](const IndexProgress&) { maker.reset(); };
  IndexCache waiter(waiting, "test", "a source", "name", "now");
  EXPECT_FALSE(waiter.wait_or_begin());
  EXPECT_TRUE(fs::exists(only_file(".part")));
  waiter.keep({"", table_of(4)});
  EXPECT_TRUE(is_used());
}

TEST_F(IndexCaches, WaitingEndsWhenProgressThrowsAndHarmsNobody) {
  IndexCache maker = cache();
  ASSERT_FALSE(maker.wait_or_begin());
  SourceOptions waiting = options_;
  waiting.progress = [](const IndexProgress&) { throw std::runtime_error("enough"); };
  {
    IndexCache waiter(waiting, "test", "a source", "name", "now");
    EXPECT_THROW(waiter.wait_or_begin(), std::runtime_error);
  }
  maker.keep({"", table_of(4)});
  EXPECT_TRUE(is_used());
}

TEST_F(IndexCaches, KilledMakerIsFollowedByTheNext) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    IndexCache maker = cache();
    maker.wait_or_begin();
    static_cast<void>(::truncate(only_file(".part").c_str(), 100'000));  // it had begun to write
    static_cast<void>(::write(ends[1], "x", 1));
    ::pause();
  }
  char byte = 0;
  ASSERT_EQ(::read(ends[0], &byte, 1), 1);
  ASSERT_EQ(::kill(child, SIGKILL), 0);
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  ASSERT_TRUE(fs::exists(only_file(".part")));
  EXPECT_FALSE(is_used());
  make();
  EXPECT_TRUE(is_used());
  EXPECT_FALSE(fs::exists(only_file(".part")));
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST_F(IndexCaches, OneOfOtherFilesIsReplaced) {
  make();
  EXPECT_FALSE(is_used("later"));
  cache("later").get([] { return KeptIndex{"", table_of(3)}; });
  EXPECT_TRUE(is_used("later"));
  EXPECT_FALSE(is_used("now"));
}

TEST_F(IndexCaches, EveryChangedByteAndEveryTruncationIsNoticed) {
  make(3);
  std::ifstream in(file(), std::ios::binary);
  const std::string sound{std::istreambuf_iterator<char>(in), {}};
  const fs::path name = file();
  const auto is_used_as = [&](const std::string& bytes) {
    fs::remove(name);
    std::ofstream(name, std::ios::binary) << bytes;
    fs::permissions(name, fs::perms::owner_read | fs::perms::owner_write);
    return is_used();
  };
  ASSERT_TRUE(is_used_as(sound));
  for (std::size_t i = 0; i < sound.size(); ++i) {
    std::string bytes = sound;
    bytes[i] = static_cast<char>(bytes[i] ^ 0x10);
    ASSERT_FALSE(is_used_as(bytes)) << "byte " << i;
    ASSERT_FALSE(is_used_as(sound.substr(0, i))) << i << " bytes";
  }
}

TEST_F(IndexCaches, FileThatOthersMayWriteIsNotUsed) {
  make();
  fs::permissions(file(), fs::perms::owner_read | fs::perms::others_write);
  EXPECT_FALSE(is_used());
}

TEST_F(IndexCaches, FolderThatCannotBeWrittenIsReportedAndDoneWithout) {
  options_.cache_folder = folder_.write("a file") / "cache";
  const KeptIndex index = cache().get([] { return KeptIndex{"words", table_of(5)}; });
  EXPECT_EQ(FileTable(UniqueFd(::dup(index.table.get()))).size(), 5U);
  ASSERT_EQ(outcomes_.size(), 1U);
  EXPECT_EQ(outcomes_[0].kept_in, fs::path());
  EXPECT_FALSE(outcomes_[0].shared);
  EXPECT_THAT(outcomes_[0].reason, HasSubstr("a file/cache: Not a directory"));
}

TEST_F(IndexCaches, KeepingCanBeTurnedOff) {
  options_.keep_index = false;
  make();
  EXPECT_TRUE(fs::is_empty(folder_.path()));
  EXPECT_EQ(outcomes_.at(0).reason, "indexes are not to be kept");

  options_ = {.outcome = options_.outcome};
  const char* const before = std::getenv("SLABRING_CACHE");
  const std::string old = before == nullptr ? "" : before;
  ::setenv("SLABRING_CACHE", "off", 1);
  make();
  ::setenv("SLABRING_CACHE", old.c_str(), 1);
  EXPECT_EQ(outcomes_.at(1).reason, "indexes are not to be kept");
}

// ---- many processes ----

/// What a process says of a source that it has opened.
struct Opened {
  bool made;
  std::uint64_t samples;
  dev_t device;  ///< of the one kept index that it has mapped
  ino_t inode;
  std::uint64_t pss_bytes;  ///< of that mapping, while all have read all of it
};

std::uint64_t number_in(const std::string& line) { return std::stoull(line.substr(line.find(':') + 1)); }

/// Looks for a mapping of a ".index" file in /proc/self/smaps.
void find_mapping(Opened& opened) {
  std::ifstream smaps("/proc/self/smaps");
  bool inside = false;
  for (std::string line; std::getline(smaps, line);) {
    if (line.find("kB") == std::string::npos && line.find("VmFlags") == std::string::npos) {
      inside = line.ends_with(".index");
      if (!inside) continue;
      std::istringstream words(line);
      std::string range;
      std::string mode;
      std::string offset;
      std::string device;
      words >> range >> mode >> offset >> device >> opened.inode;
      const auto number = [&](std::size_t at) {
        return static_cast<unsigned>(std::stoul(device.substr(at), nullptr, 16));
      };
      opened.device = makedev(number(0), number(device.find(':') + 1));
    }
    if (inside && line.starts_with("Pss:")) opened.pss_bytes += number_in(line) * 1024;
  }
}

/// Starts `count` processes that open the source at the same moment, and waits for what they say.
std::vector<Opened> open_in_processes(int count, const std::string& source, const fs::path& cache) {
  struct Meeting {
    std::atomic<int> ready;
    std::atomic<int> read;
    std::atomic<int> measured;
    std::array<Opened, 16> opened;
  };
  void* const memory = ::mmap(nullptr, sizeof(Meeting), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  auto* const meeting = new (memory) Meeting{};
  const auto meet = [count](std::atomic<int>& arrived) {
    ++arrived;
    while (arrived < count) ::sched_yield();
  };
  std::vector<pid_t> children;
  for (int i = 0; i < count; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      Opened& opened = meeting->opened.at(static_cast<std::size_t>(i));
      SourceOptions options{.cache_folder = cache,
                            .outcome = [&](const IndexOutcome& outcome) { opened.made = outcome.made; }};
      meet(meeting->ready);
      const auto dataset = open_source(source, options);
      opened.samples = dataset->size();
      dataset->fingerprint();  // reads all of the table
      meet(meeting->read);
      find_mapping(opened);
      meet(meeting->measured);
      ::_exit(0);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  const auto& all = meeting->opened;
  std::vector<Opened> result(all.begin(), all.begin() + count);
  ::munmap(memory, sizeof(Meeting));
  return result;
}

TEST(IndexOfManyProcesses, IsMadeByOneAndItsPagesAreSharedByAll) {
  const test::TemporaryFolder folder;
  const test::TemporaryFolder cache;
  std::string text = "path,label\n";
  for (int i = 0; i < 60'000; ++i) text += fmt::format("folder/another/image{:06}.jpg,{}\n", i, i % 7);
  const std::string manifest = folder.write("m.csv", text).native();
  constexpr int count = 8;
  const std::vector<Opened> all = open_in_processes(count, manifest, cache.path());

  fs::path file;
  for (const auto& entry : fs::directory_iterator(cache.path())) file = entry.path();
  struct stat status {};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  int makers = 0;
  [[maybe_unused]] std::uint64_t pss_bytes = 0;
  for (const Opened& opened : all) {
    EXPECT_EQ(opened.samples, 60'000U);
    // Of one another: an overlay shows other numbers in /proc than by stat().
    EXPECT_EQ(opened.device, all.front().device);
    EXPECT_EQ(opened.inode, all.front().inode);
    EXPECT_NE(opened.inode, 0U);
    makers += opened.made ? 1 : 0;
    pss_bytes += opened.pss_bytes;
  }
  EXPECT_EQ(makers, 1);
#ifndef SLABRING_SANITIZED
  // All of them together have the file once, so that an added one is about an eighth of it to each, and nothing to all.
  EXPECT_GT(pss_bytes, static_cast<std::uint64_t>(status.st_size) * 9 / 10);
  EXPECT_LT(pss_bytes, static_cast<std::uint64_t>(status.st_size) * 11 / 10);
#endif
}

// ---- folders ----

class KeptFolders : public testing::Test {
 protected:
  KeptFolders() {
    for (int i = 0; i < 40; ++i) {
      folder_.write(fmt::format("cat/{}.jpg", i));
      folder_.write(fmt::format("dog/old/{}.jpg", i));
    }
  }
  /// Whether the index was made anew.
  bool makes(const FolderKeeping& keeping = {.least_samples = 50, .settled_after = std::chrono::nanoseconds(0)}) {
    outcome_ = {};
    SourceOptions options{.cache_folder = cache_.path(),
                          .outcome = [this](const IndexOutcome& outcome) { outcome_ = outcome; }};
    files_ = open_folder_files(folder_.path(), {}, options, keeping);
    return outcome_.made;
  }
  std::uint64_t samples() const { return files_->table().size(); }

  test::TemporaryFolder folder_;
  test::TemporaryFolder cache_;
  std::unique_ptr<FileSet> files_;
  IndexOutcome outcome_;
};

TEST_F(KeptFolders, IndexIsUsedAgainWhileNoFolderChanges) {
  ASSERT_TRUE(makes());
  EXPECT_TRUE(outcome_.shared) << outcome_.reason;
  const auto first = std::move(files_);
  EXPECT_FALSE(makes());
  EXPECT_EQ(samples(), 80U);
  EXPECT_EQ(files_->describe(SampleId{79}), first->describe(SampleId{79}));
  EXPECT_EQ(files_->read_roots(), first->read_roots());
  EXPECT_TRUE(std::equal(files_->classes().begin(), files_->classes().end(), first->classes().begin()));
  EXPECT_EQ(place_of(files_->table().fd()), place_of(first->table().fd()));
}

TEST_F(KeptFolders, AnyFolderThatChangesMakesItAnew) {
  ASSERT_TRUE(makes());
  folder_.write("dog/old/more.jpg");
  EXPECT_TRUE(makes());
  EXPECT_EQ(samples(), 81U);
  fs::remove(folder_.path() / "cat/0.jpg");
  EXPECT_TRUE(makes());
  EXPECT_EQ(samples(), 80U);
  fs::rename(folder_.path() / "cat/1.jpg", folder_.path() / "cat/one.jpg");
  EXPECT_TRUE(makes());
  folder_.write("bird/0.jpg");
  EXPECT_TRUE(makes());
  EXPECT_EQ(samples(), 81U);
  EXPECT_FALSE(makes());
}

TEST_F(KeptFolders, ChangeWhoseTimeWasSetBackIsNoticed) {
  ASSERT_TRUE(makes());
  const auto time = fs::last_write_time(folder_.path() / "cat");
  folder_.write("cat/more.jpg");
  fs::last_write_time(folder_.path() / "cat", time);
  EXPECT_TRUE(makes());
  EXPECT_EQ(samples(), 81U);
}

TEST_F(KeptFolders, FolderThatHasJustChangedIsNotKept) {
  EXPECT_TRUE(makes({.least_samples = 50, .settled_after = std::chrono::hours(1)}));
  EXPECT_THAT(outcome_.reason, HasSubstr("changed right before"));
  EXPECT_TRUE(fs::is_empty(cache_.path())) << "nothing was begun either";
}

TEST_F(KeptFolders, FolderWithLinksIsNotKept) {
  fs::create_symlink(folder_.path() / "cat/1.jpg", folder_.path() / "dog/link.jpg");
  EXPECT_TRUE(makes());
  EXPECT_EQ(samples(), 81U);
  EXPECT_THAT(outcome_.reason, StartsWith("there are links"));
  EXPECT_TRUE(fs::is_empty(cache_.path())) << "what was begun is gone";
}

TEST_F(KeptFolders, SmallFoldersLeaveTheCacheAlone) {
  EXPECT_FALSE(makes({}));
  EXPECT_EQ(samples(), 80U);
  EXPECT_TRUE(fs::is_empty(cache_.path()));
}

}  // namespace
}  // namespace slabring
