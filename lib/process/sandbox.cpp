#include "process/sandbox.hpp"

#include <fcntl.h>
#include <linux/landlock.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <fstream>
#include <string_view>

#include "base/unique_fd.hpp"

#ifdef SLABRING_HAS_SECCOMP
#include <seccomp.h>
#endif

namespace slabring {
namespace {

#ifdef SLABRING_SANITIZED
constexpr std::uint32_t parts_of_build = 0;
#elif defined(SLABRING_HAS_SECCOMP)
constexpr std::uint32_t parts_of_build = sandbox_part::all;
#else
constexpr std::uint32_t parts_of_build = sandbox_part::landlock | sandbox_part::limits;
#endif

// ---- landlock: glibc 2.36 has no functions for it ----

int create_ruleset(const landlock_ruleset_attr* attributes, std::size_t size, std::uint32_t flags) noexcept {
  return static_cast<int>(syscall(SYS_landlock_create_ruleset, attributes, size, flags));
}

/// 0: this kernel has none, or it is switched off.
int landlock_version() noexcept {
  const int version = create_ruleset(nullptr, 0, LANDLOCK_CREATE_RULESET_VERSION);
  return version < 0 ? 0 : version;
}

constexpr std::uint64_t reading = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;

/// Everything that version 1 (Linux 5.13) can deny. Later versions add renaming, truncation, devices and sockets, none
/// of which the system calls that seccomp leaves can do.
constexpr std::uint64_t denied =
    reading | LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_DIR |
    LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |
    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
    LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;

bool restrict_files(std::span<const std::string> roots) noexcept {
  landlock_ruleset_attr attributes{};
  attributes.handled_access_fs = denied;
  const UniqueFd rules(create_ruleset(&attributes, sizeof attributes, 0));
  if (!rules) return false;
  for (const std::string& root : roots) {
    const UniqueFd folder(open(root.c_str(), O_PATH | O_CLOEXEC));
    if (!folder) continue;  // it is gone, and so are its samples
    landlock_path_beneath_attr beneath{};
    beneath.allowed_access = reading;
    beneath.parent_fd = folder.get();
    if (syscall(SYS_landlock_add_rule, rules.get(), LANDLOCK_RULE_PATH_BENEATH, &beneath, 0) != 0) return false;
  }
  return syscall(SYS_landlock_restrict_self, rules.get(), 0) == 0;
}

// ---- limits ----

/// Of anonymous memory, in which the largest image that the limits of the decoders let through has room three times.
constexpr std::uint64_t most_data = std::uint64_t{4} << 30;
constexpr std::uint64_t most_descriptors = 256;

/// Bytes that RLIMIT_DATA counts now; a fork of a large program begins with much.
std::uint64_t data_in_use() noexcept {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t pages[6] = {};  // the last one is data and stack
  for (std::uint64_t& count : pages) statm >> count;
  return pages[5] * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

bool limit(__rlimit_resource resource, std::uint64_t most) noexcept {
  rlimit now{};
  if (getrlimit(resource, &now) != 0) return false;
  // The hard limit too, or it could be raised again where there is no seccomp.
  const rlimit less{std::min<rlim_t>(now.rlim_cur, most), std::min<rlim_t>(now.rlim_max, most)};
  return setrlimit(resource, &less) == 0;
}

bool limit_resources() noexcept {
  std::signal(SIGXFSZ, SIG_IGN);  // so that a last word on a stderr that is a file does not look like another death
  return limit(RLIMIT_CORE, 0) && limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_NOFILE, most_descriptors) &&
         limit(RLIMIT_DATA, data_in_use() + most_data);
}

// ---- seccomp ----

#ifdef SLABRING_HAS_SECCOMP

class Filter {
 public:
  Filter() noexcept : context_(seccomp_init(SCMP_ACT_KILL_PROCESS)) {}
  ~Filter() { seccomp_release(context_); }
  Filter(const Filter&) = delete;
  Filter& operator=(const Filter&) = delete;

  template <class... Conditions>
  void allow(int call, Conditions... conditions) noexcept {
    if (context_ == nullptr) return;
    // Calls that this machine does not have are no fault.
    const std::array<scmp_arg_cmp, sizeof...(Conditions)> all{conditions...};
    if (seccomp_rule_add_array(context_, SCMP_ACT_ALLOW, call, all.size(), all.data()) < 0) complete_ = false;
  }
  bool load() noexcept { return context_ != nullptr && complete_ && seccomp_load(context_) == 0; }

 private:
  scmp_filter_ctx context_;
  bool complete_ = true;
};

/// Argument `number` has none of `bits`.
scmp_arg_cmp without(unsigned number, std::uint64_t bits) noexcept { return {number, SCMP_CMP_MASKED_EQ, bits, 0}; }
scmp_arg_cmp equal(unsigned number, std::uint64_t value) noexcept { return {number, SCMP_CMP_EQ, value, 0}; }

/// What libjpeg-turbo, stb_image, our decoders, malloc, exceptions and the ring need, found by running them under it.
bool restrict_calls() noexcept {
  Filter filter;
  for (const int call : {SCMP_SYS(read), SCMP_SYS(pread64), SCMP_SYS(close), SCMP_SYS(fstat), SCMP_SYS(newfstatat),
                         SCMP_SYS(lseek), SCMP_SYS(fadvise64), SCMP_SYS(readahead), SCMP_SYS(getdents64)}) {
    filter.allow(call);  // files that are open
  }
  // LMDB asks, when it opens a database, which file system that is on and which system this is.
  for (const int call : {SCMP_SYS(fstatfs), SCMP_SYS(uname)}) filter.allow(call);
  filter.allow(SCMP_SYS(openat), without(2, O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY)));
  for (const int call : {SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise)}) filter.allow(call);
  filter.allow(SCMP_SYS(mmap), without(2, PROT_EXEC));
  filter.allow(SCMP_SYS(mprotect), without(2, PROT_EXEC));
  for (const int call : {SCMP_SYS(futex), SCMP_SYS(clock_gettime), SCMP_SYS(clock_nanosleep), SCMP_SYS(nanosleep),
                         SCMP_SYS(getrandom), SCMP_SYS(sched_yield), SCMP_SYS(restart_syscall), SCMP_SYS(sysinfo)}) {
    filter.allow(call);
  }
  for (const int call : {SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigprocmask), SCMP_SYS(getpid), SCMP_SYS(getppid),
                         SCMP_SYS(gettid), SCMP_SYS(exit), SCMP_SYS(exit_group)}) {
    filter.allow(call);
  }
  filter.allow(SCMP_SYS(tgkill), equal(0, static_cast<std::uint64_t>(getpid())));  // abort() and raise()
  filter.allow(SCMP_SYS(write), equal(0, STDERR_FILENO));
  return filter.load();
}

#else

bool restrict_calls() noexcept { return false; }

#endif

constexpr std::array<std::string_view, 3> part_names{"landlock", "seccomp", "limits"};

}  // namespace

std::uint32_t sandbox_parts_available() noexcept {
  std::uint32_t parts = parts_of_build;
  if (landlock_version() == 0) parts &= ~sandbox_part::landlock;
  // Fails with EFAULT where there are filters, with EINVAL where there are none.
  if (prctl(PR_SET_SECCOMP, 2 /* SECCOMP_MODE_FILTER */, nullptr) == 0 || errno != EFAULT)
    parts &= ~sandbox_part::seccomp;
  return parts;
}

std::uint32_t enter_sandbox(std::span<const std::string> roots) noexcept {
  const std::uint32_t available = sandbox_parts_available();
  std::uint32_t active = 0;
  if (available == 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return 0;
  if ((available & sandbox_part::limits) != 0 && limit_resources()) active |= sandbox_part::limits;
  if ((available & sandbox_part::landlock) != 0 && restrict_files(roots)) active |= sandbox_part::landlock;
  if ((available & sandbox_part::seccomp) != 0 && restrict_calls()) active |= sandbox_part::seccomp;  // the last one
  return active;
}

std::string describe_sandbox(std::uint32_t parts) {
  std::string words;
  for (std::size_t i = 0; i < part_names.size(); ++i) {
    if ((parts >> i & 1) == 0) continue;
    if (!words.empty()) words += ", ";
    words += part_names[i];
  }
  return words.empty() ? "off" : words;
}

}  // namespace slabring
