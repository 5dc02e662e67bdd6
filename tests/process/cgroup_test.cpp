#include "process/cgroup.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "slabring/options.hpp"
#include "support/temporary_folder.hpp"

namespace slabring {
namespace {

constexpr std::uint64_t mib = std::uint64_t{1} << 20;

/// A made-up /sys/fs/cgroup, /proc/self/cgroup and /proc/meminfo.
class CgroupTest : public ::testing::Test {
 protected:
  CgroupTest() {
    write("meminfo", "MemTotal: 1048576 kB\nMemFree: 1 kB\nMemAvailable: 524288 kB\n");
    write("membership", "");
  }
  void write(const std::string& name, const std::string& text) {
    const auto file = folder_.path() / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text;
  }
  CgroupPaths paths() const {
    return {folder_.path() / "mount", folder_.path() / "membership", folder_.path() / "meminfo"};
  }

  test::TemporaryFolder folder_;
};

TEST_F(CgroupTest, WithoutGroupsTheMachineDecides) {
  const auto headroom = memory_headroom(paths());
  EXPECT_EQ(headroom.available(), 512 * mib);
  EXPECT_EQ(headroom.origin, "the machine");
  EXPECT_EQ(cpu_quota(paths()), std::nullopt);
}

TEST_F(CgroupTest, TightestLevelOfVersion2Counts) {
  write("membership", "0::/job/step\n");
  write("mount/job/memory.max", "209715200\n");  // 200 MiB
  write("mount/job/memory.current", "104857600\n");
  write("mount/job/memory.stat", "anon 1\ninactive_file 20971520\nactive_file 10485760\n");
  write("mount/job/step/memory.max", "max\n");
  write("mount/job/step/memory.current", "104857600\n");
  const auto headroom = memory_headroom(paths());
  EXPECT_EQ(headroom.limit, 200 * mib);
  EXPECT_EQ(headroom.used, 70 * mib) << "page cache of files can be dropped, so it is not in use";
  EXPECT_EQ(headroom.origin, "the control group /job");
}

TEST_F(CgroupTest, Version1IsReadToo) {
  write("membership", "4:memory:/box\n2:cpu,cpuacct:/box\n");
  write("mount/memory/box/memory.limit_in_bytes", "104857600\n");
  write("mount/memory/box/memory.usage_in_bytes", "52428800\n");
  write("mount/memory/box/memory.stat", "total_inactive_file 0\ntotal_active_file 0\n");
  write("mount/cpu,cpuacct/box/cpu.cfs_quota_us", "250000\n");
  write("mount/cpu,cpuacct/box/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(memory_headroom(paths()).available(), 50 * mib);
  EXPECT_EQ(cpu_quota(paths()), 3);
}

TEST_F(CgroupTest, KillsForWantOfMemoryAreThoseOfTheGroupItself) {
  write("membership", "0::/job/step\n");
  write("mount/job/memory.events", "low 0\nhigh 0\nmax 9\noom 8\noom_kill 7\n");
  write("mount/job/step/memory.events", "low 0\nhigh 0\nmax 3\noom 3\noom_kill 2\noom_group_kill 0\n");
  EXPECT_EQ(oom_kills(paths()), 2U);
  write("membership", "4:memory:/box\n");
  write("mount/memory/box/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 5\n");
  EXPECT_EQ(oom_kills(paths()), 5U);
  write("membership", "");
  EXPECT_EQ(oom_kills(paths()), 0U);
}

TEST_F(CgroupTest, NoQuotaIsNoLimit) {
  write("membership", "0::/a\n2:cpu:/a\n");
  write("mount/a/cpu.max", "max 100000\n");
  write("mount/cpu/a/cpu.cfs_quota_us", "-1\n");
  write("mount/cpu/a/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(cpu_quota(paths()), std::nullopt);
}

TEST_F(CgroupTest, FractionOfACpuIsOneCpu) {
  write("membership", "0::/a/b\n");
  write("mount/a/cpu.max", "50000 100000\n");
  write("mount/a/b/cpu.max", "400000 100000\n");
  EXPECT_EQ(cpu_quota(paths()), 1);
}

TEST_F(CgroupTest, PathOfTheHostInsideAContainerFallsBackToTheRoot) {
  write("membership", "0::/host/path/not/here\n");
  write("mount/memory.max", "104857600\n");
  write("mount/memory.current", "4096\n");
  EXPECT_EQ(memory_headroom(paths()).limit, 100 * mib);
}

TEST(AvailableCpus, IsAtLeastOne) { EXPECT_GE(available_cpus(), 1); }

}  // namespace
}  // namespace slabring
