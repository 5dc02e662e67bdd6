#include "run_program.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <stdexcept>
#include <system_error>

#include "base/unique_fd.hpp"

namespace slabring::test {

namespace {

UniqueFd unnamed_file() {
  UniqueFd file(memfd_create("output", MFD_CLOEXEC));
  if (!file) throw std::system_error(errno, std::generic_category(), "memfd_create");
  return file;
}

std::string contents(const UniqueFd& file) {
  std::string text(static_cast<std::size_t>(lseek(file.get(), 0, SEEK_END)), '\0');
  if (pread(file.get(), text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) {
    throw std::system_error(errno, std::generic_category(), "pread");
  }
  return text;
}

class SpawnSettings {
 public:
  SpawnSettings(int out, int err) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, err, STDERR_FILENO);
    posix_spawnattr_init(&attributes_);
    sigset_t all;
    sigfillset(&all);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  pid_t start(const std::string& program, const std::vector<std::string>& arguments) const {
    std::vector<char*> argv{const_cast<char*>(program.c_str())};
    for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    pid_t pid = 0;
    const int error = posix_spawn(&pid, program.c_str(), &actions_, &attributes_, argv.data(), environ);
    if (error != 0) throw std::system_error(error, std::generic_category(), program);
    return pid;
  }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

}  // namespace

Outcome run_program(const std::string& program, const std::vector<std::string>& arguments, int standard_output) {
  const UniqueFd out = unnamed_file();
  const UniqueFd err = unnamed_file();
  const SpawnSettings settings(standard_output < 0 ? out.get() : standard_output, err.get());
  const pid_t pid = settings.start(program, arguments);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "waitpid");
  }
  return {WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status), contents(out), contents(err)};
}

Outcome slabring(const std::vector<std::string>& arguments, int standard_output) {
  return run_program(SLABRING_COMMAND, arguments, standard_output);
}

const std::string& photos() {
  static const std::string folder = [] {
    if (access(SLABRING_TEST_PHOTOS, R_OK) == 0) return SLABRING_TEST_PHOTOS;
    throw std::runtime_error("no folder " SLABRING_TEST_PHOTOS
                             ": the ctest `photos` makes it; run these tests by ctest");
  }();
  return folder;
}

}  // namespace slabring::test
