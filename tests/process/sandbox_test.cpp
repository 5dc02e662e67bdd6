// What a worker can still do, and what it cannot: each in a child, since there is no way out of the sandbox.

#include "process/sandbox.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <string>
#include <vector>

#include "process/child_process.hpp"
#include "support/temporary_folder.hpp"

namespace slabring {
namespace {

constexpr int not_confined = 100;

void* new_page(int protection) { return mmap(nullptr, 4096, protection, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }

class SandboxTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (sandbox_parts_available() != sandbox_part::all)
      GTEST_SKIP() << "this kernel and this build have only: " << describe_sandbox(sandbox_parts_available());
    inside_ = folder_.write("inside/image.jpg", "an image").string();
    outside_ = folder_.write("outside/secret.txt", "a secret").string();
  }

  /// How a process ends that runs `body` in the sandbox, reading allowed beneath inside/ only.
  template <class Body>
  std::string confined(const Body& body) {
    const pid_t child = fork();
    if (child == 0) {
      const std::vector<std::string> roots{(folder_.path() / "inside").string()};
      _exit(enter_sandbox(roots) == sandbox_part::all ? body() : not_confined);
    }
    return reap(child).value_or(Ending{}).describe();
  }
  std::string opening(const std::string& path, int flags) {
    return confined([&] { return open(path.c_str(), flags | O_CLOEXEC) >= 0 ? 0 : errno; });
  }

  const std::string done = "ended with exit status 0";
  const std::string refused = "ended with exit status " + std::to_string(EACCES);
  const std::string killed = "was killed by SIGSYS";
  test::TemporaryFolder folder_;
  std::string inside_;
  std::string outside_;
};

TEST_F(SandboxTest, FilesOfTheDatasetCanBeRead) {
  EXPECT_EQ(confined([&] {
              const int fd = open(inside_.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
              char text[8];
              return fd >= 0 && pread(fd, text, sizeof text, 0) == 8 && close(fd) == 0 ? 0 : 1;
            }),
            done);
}

TEST_F(SandboxTest, FilesElsewhereCannotBeOpened) {
  EXPECT_EQ(opening(outside_, O_RDONLY), refused);
  EXPECT_EQ(opening("/etc/passwd", O_RDONLY), refused);
  EXPECT_EQ(opening("/proc/self/environ", O_RDONLY), refused);
}

TEST_F(SandboxTest, LinkThatLeadsOutIsRefused) {
  std::filesystem::create_symlink(outside_, folder_.path() / "inside/link.jpg");
  EXPECT_EQ(opening((folder_.path() / "inside/link.jpg").string(), O_RDONLY), refused);
}

TEST_F(SandboxTest, NothingCanBeWritten) {
  EXPECT_EQ(opening(inside_, O_WRONLY), killed);
  EXPECT_EQ(opening(inside_, O_RDWR), killed);
  EXPECT_EQ(opening(inside_, O_RDONLY | O_TRUNC), killed);
  EXPECT_EQ(opening((folder_.path() / "inside/new").string(), O_RDONLY | O_CREAT), killed);
  EXPECT_EQ(confined([&] { return unlink(inside_.c_str()); }), killed);
  EXPECT_EQ(confined([] { return static_cast<int>(write(STDOUT_FILENO, "", 0)); }), killed);
}

TEST_F(SandboxTest, NoProgramNoProcessAndNoSocketCanBeMade) {
  EXPECT_EQ(confined([] { return execl("/bin/true", "true", nullptr); }), killed);
  EXPECT_EQ(confined([] { return fork() == 0 ? 0 : 1; }), killed);
  EXPECT_EQ(confined([] { return socket(AF_INET, SOCK_STREAM, 0); }), killed);
  EXPECT_EQ(confined([] { return kill(getppid(), 0); }), killed);
}

TEST_F(SandboxTest, MemoryCannotBecomeCode) {
  EXPECT_EQ(confined([] { return new_page(PROT_READ | PROT_WRITE) == MAP_FAILED ? 1 : 0; }), done);
  EXPECT_EQ(confined([] { return new_page(PROT_READ | PROT_EXEC) == MAP_FAILED ? 1 : 0; }), killed);
  EXPECT_EQ(confined([] { return mprotect(new_page(PROT_READ | PROT_WRITE), 4096, PROT_READ | PROT_EXEC); }), killed);
}

TEST_F(SandboxTest, MemoryBombEndsInBadAlloc) {
  EXPECT_EQ(confined([] {
              try {
                const std::vector<char> bomb(std::size_t{5} << 30);
                return bomb[0] == 0 ? 1 : 2;
              } catch (const std::bad_alloc&) {
                return 0;
              }
            }),
            done);
}

TEST_F(SandboxTest, CoreFilesGrowingFilesAndManyDescriptorsAreRuledOut) {
  const pid_t child = fork();
  if (child == 0) {
    enter_sandbox({});
    raise(SIGSTOP);  // asking for limits is not allowed in there, so they are looked at from outside
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, WUNTRACED), child);
  ASSERT_TRUE(WIFSTOPPED(status));
  const auto limit = [child](__rlimit_resource resource) {
    rlimit found{};
    EXPECT_EQ(prlimit(child, resource, nullptr, &found), 0);
    return found.rlim_max;
  };
  EXPECT_EQ(limit(RLIMIT_CORE), 0U);
  EXPECT_EQ(limit(RLIMIT_FSIZE), 0U);
  EXPECT_LE(limit(RLIMIT_NOFILE), 256U);
  kill(child, SIGCONT);
  EXPECT_EQ(reap(child)->describe(), done);
}

TEST_F(SandboxTest, ExceptionsAndLargeAllocationsWork) {
  EXPECT_EQ(confined([] {
              try {
                std::vector<char> some(std::size_t{64} << 20, 'x');
                throw std::runtime_error(std::string(some.begin(), some.begin() + 1000));
              } catch (const std::runtime_error&) {
                return 0;
              }
            }),
            done);
}

TEST_F(SandboxTest, AbortIsSeenAsAbort) {
  EXPECT_EQ(confined([]() -> int { std::abort(); }), "was killed by SIGABRT");
}

TEST(Sandbox, PartsAreNamed) {
  EXPECT_EQ(describe_sandbox(sandbox_part::all), "landlock, seccomp, limits");
  EXPECT_EQ(describe_sandbox(sandbox_part::limits), "limits");
  EXPECT_EQ(describe_sandbox(0), "off");
}

}  // namespace
}  // namespace slabring
