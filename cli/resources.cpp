#include "resources.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "slabring/stats.hpp"

namespace slabring::cli {

namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

double cpu_seconds_of(int who) {
  rusage usage{};
  getrusage(who, &usage);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// The line "Pss:   1234 kB"; the kernel means kibibytes.
std::uint64_t pss_bytes_of(int pid) {
  std::ifstream rollup(fmt::format("/proc/{}/smaps_rollup", pid));
  for (std::string word; rollup >> word;) {
    std::uint64_t kibibytes = 0;
    if (word == "Pss:" && rollup >> kibibytes) return kibibytes * 1024;
  }
  return 0;
}

}  // namespace

double cpu_seconds() { return cpu_seconds_of(RUSAGE_SELF) + cpu_seconds_of(RUSAGE_CHILDREN); }

std::uint64_t pss_bytes(const LoaderStats& stats) {
  std::uint64_t sum = pss_bytes_of(getpid());
  if (stats.coordinator_pid > 0) sum += pss_bytes_of(stats.coordinator_pid);
  for (const int pid : stats.worker_pids) sum += pss_bytes_of(pid);
  return sum;
}

}  // namespace slabring::cli
