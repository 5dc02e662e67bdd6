#include "process/worker_program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <string>

#include "slabring/error.hpp"

namespace slabring {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

/// SLABRING_WORKER as a test wants it; restored at the end.
class WorkerProgramTest : public ::testing::Test {
 protected:
  WorkerProgramTest() {
    if (const char* value = std::getenv("SLABRING_WORKER")) before_ = value;
    unsetenv("SLABRING_WORKER");
  }
  ~WorkerProgramTest() override {
    if (before_) setenv("SLABRING_WORKER", before_->c_str(), 1);
  }
  std::optional<std::string> before_;
};

TEST_F(WorkerProgramTest, OptionComesFirst) {
  setenv("SLABRING_WORKER", "/bin/true", 1);
  EXPECT_EQ(find_worker_program("/bin/sh"), "/bin/sh");
  unsetenv("SLABRING_WORKER");
}

TEST_F(WorkerProgramTest, EnvironmentComesSecond) {
  setenv("SLABRING_WORKER", "/bin/true", 1);
  EXPECT_EQ(find_worker_program(""), "/bin/true");
  unsetenv("SLABRING_WORKER");
}

TEST_F(WorkerProgramTest, ProgramBesideThisOneIsFound) {
  EXPECT_THAT(find_worker_program(""), EndsWith("/slabring-worker"));
}

TEST_F(WorkerProgramTest, MissingOneIsNamedWithItsOrigin) {
  try {
    find_worker_program("/nowhere/slabring-worker");
    FAIL() << "found";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::process);
    EXPECT_THAT(error.what(), HasSubstr("option worker_program names '/nowhere/slabring-worker'"));
  }
}

}  // namespace
}  // namespace slabring
