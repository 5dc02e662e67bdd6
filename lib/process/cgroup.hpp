#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace slabring {

/// Where the kernel shows control groups; another root for tests.
struct CgroupPaths {
  std::filesystem::path mount = "/sys/fs/cgroup";
  std::filesystem::path membership = "/proc/self/cgroup";
  std::filesystem::path meminfo = "/proc/meminfo";
};

/// The tightest limit on memory this process may still take.
struct MemoryHeadroom {
  std::uint64_t limit = 0;  ///< bytes
  std::uint64_t used = 0;   ///< bytes that cannot be reclaimed: without the page cache of files
  std::string origin;       ///< "the control group /a/b" or "the machine"
  std::uint64_t available() const noexcept { return limit > used ? limit - used : 0; }
};

/// The control group (this process's or any above it) or the machine, whichever leaves least. cgroup v2 and v1.
/// Page cache of files counts as free: the kernel drops it before it kills (core.md compares with plain memory.current,
/// which refuses every ring once a data set has been read).
MemoryHeadroom memory_headroom(const CgroupPaths& paths = {});

/// Processes of this control group that the kernel killed for want of memory, since the group was made; 0 where no
/// group counts. Of the group itself, not of those above: other containers' deaths are not ours.
std::uint64_t oom_kills(const CgroupPaths& paths = {});

/// CPUs by the tightest quota of the control groups, rounded up; nullopt: no quota.
/// This process may run on fewer CPUs than its parent: whoever started it has given it a part of them.
bool fewer_cpus_than_parent() noexcept;

std::optional<int> cpu_quota(const CgroupPaths& paths = {});

}  // namespace slabring
