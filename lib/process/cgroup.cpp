#include "process/cgroup.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "slabring/options.hpp"

namespace slabring {
namespace {

namespace fs = std::filesystem;

std::optional<std::uint64_t> read_number(const fs::path& file) {
  std::ifstream in(file);
  std::uint64_t value = 0;
  if (in >> value) return value;
  return std::nullopt;  // missing, or "max"
}

/// The value after `key` in a file of "key value" lines, such as memory.stat and meminfo ("MemTotal: 1 kB").
std::uint64_t read_field(const fs::path& file, std::string_view key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string name;
    std::uint64_t value = 0;
    if (words >> name >> value && name == key) return value;
  }
  return 0;
}

/// One hierarchy's folder of this process: mount / controller / path, as /proc/self/cgroup says.
struct Hierarchy {
  fs::path root;      ///< where the hierarchy is mounted
  fs::path relative;  ///< of this process, without the leading slash
  bool v2 = false;
};

/// The hierarchies that carry `controller` ("memory", "cpu"). Lines are "id:controllers:path".
std::vector<Hierarchy> hierarchies(const CgroupPaths& paths, const std::string& controller) {
  std::vector<Hierarchy> found;
  std::ifstream in(paths.membership);
  for (std::string line; std::getline(in, line);) {
    const auto first = line.find(':');
    const auto second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const fs::path relative = fs::path(line.substr(second + 1)).relative_path();
    if (controllers.empty()) {
      found.push_back({paths.mount, relative, true});
      found.push_back({paths.mount / "unified", relative, true});
    } else if (("," + controllers + ",").find("," + controller + ",") != std::string::npos) {
      found.push_back({paths.mount / controllers, relative, false});
      found.push_back({paths.mount / controller, relative, false});
    }
  }
  return found;
}

/// Calls `visit` for the process's folder in `tree` and for each one above, up to the mount. In a container the path is
/// often the host's, which is not there: the walk up then ends at the root, which is the container's own group.
template <class Visit>
void for_each_level(const Hierarchy& tree, const Visit& visit) {
  for (fs::path relative = tree.relative;; relative = relative.parent_path()) {
    std::error_code ignored;
    const fs::path folder = relative.empty() ? tree.root : tree.root / relative;
    if (fs::is_directory(folder, ignored)) visit(folder, "/" + relative.string());
    if (relative.empty()) return;
  }
}

void tighten_memory(const Hierarchy& tree, MemoryHeadroom& tightest) {
  for_each_level(tree, [&](const fs::path& folder, const std::string& name) {
    const auto limit = read_number(folder / (tree.v2 ? "memory.max" : "memory.limit_in_bytes"));
    const auto used = read_number(folder / (tree.v2 ? "memory.current" : "memory.usage_in_bytes"));
    if (!limit || !used) return;
    const fs::path stat = folder / "memory.stat";
    const std::uint64_t cache = tree.v2
                                    ? read_field(stat, "inactive_file") + read_field(stat, "active_file")
                                    : read_field(stat, "total_inactive_file") + read_field(stat, "total_active_file");
    const MemoryHeadroom here{*limit, *used - std::min(*used, cache), "the control group " + name};
    if (here.available() < tightest.available()) tightest = here;
  });
}

void tighten_quota(const Hierarchy& tree, double& cpus) {
  for_each_level(tree, [&](const fs::path& folder, const std::string&) {
    double quota = 0;
    double period = 0;
    if (tree.v2) {
      std::ifstream in(folder / "cpu.max");
      if (!(in >> quota >> period)) return;  // "max 100000": no quota
    } else {
      const auto q = read_number(folder / "cpu.cfs_quota_us");  // -1, no quota, does not read as unsigned
      const auto p = read_number(folder / "cpu.cfs_period_us");
      if (!q || !p || *q > std::numeric_limits<std::uint32_t>::max()) return;
      quota = static_cast<double>(*q);
      period = static_cast<double>(*p);
    }
    if (quota > 0 && period > 0) cpus = std::min(cpus, quota / period);
  });
}

/// CPUs that a process (0: this one) may run on; 1 where that cannot be known.
int cpus_in_affinity(pid_t process) noexcept {
  constexpr std::size_t most_cpus = 4096;
  cpu_set_t* mask = CPU_ALLOC(most_cpus);
  const std::size_t bytes = CPU_ALLOC_SIZE(most_cpus);
  int cpus = 1;
  if (mask != nullptr && sched_getaffinity(process, bytes, mask) == 0) cpus = std::max(1, CPU_COUNT_S(bytes, mask));
  CPU_FREE(mask);
  return cpus;
}

}  // namespace

MemoryHeadroom memory_headroom(const CgroupPaths& paths) {
  constexpr std::uint64_t kib = 1024;
  const std::uint64_t total = read_field(paths.meminfo, "MemTotal:") * kib;
  const std::uint64_t available = read_field(paths.meminfo, "MemAvailable:") * kib;
  MemoryHeadroom tightest{total, total - std::min(total, available), "the machine"};
  if (total == 0) tightest.limit = std::numeric_limits<std::uint64_t>::max();  // no /proc: leave it to fallocate
  for (const Hierarchy& tree : hierarchies(paths, "memory")) tighten_memory(tree, tightest);
  return tightest;
}

std::uint64_t oom_kills(const CgroupPaths& paths) {
  for (const Hierarchy& tree : hierarchies(paths, "memory")) {
    std::optional<fs::path> own;
    for_each_level(tree, [&](const fs::path& folder, const std::string&) {
      if (!own) own = folder / (tree.v2 ? "memory.events" : "memory.oom_control");
    });
    if (own && fs::exists(*own)) return read_field(*own, "oom_kill");
  }
  return 0;
}

std::optional<int> cpu_quota(const CgroupPaths& paths) {
  double cpus = std::numeric_limits<double>::infinity();
  for (const Hierarchy& tree : hierarchies(paths, "cpu")) tighten_quota(tree, cpus);
  if (!std::isfinite(cpus)) return std::nullopt;
  return std::max(1, static_cast<int>(std::ceil(cpus)));
}

bool fewer_cpus_than_parent() noexcept { return cpus_in_affinity(0) < cpus_in_affinity(getppid()); }

int available_cpus() noexcept {
  try {
    const int allowed = cpus_in_affinity(0);
    const auto quota = cpu_quota();
    return quota ? std::min(allowed, *quota) : allowed;
  } catch (...) {
    return 1;
  }
}

}  // namespace slabring
