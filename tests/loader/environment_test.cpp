#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "process/child_process.hpp"
#include "slabring/loader.hpp"
#include "support/image_tree.hpp"
#include "support/process_table.hpp"
#include "support/stream_digest.hpp"
#include "support/temporary_folder.hpp"

namespace slabring {
namespace {

constexpr int not_permitted = 77;

LoaderOptions options(int workers) { return {.batch_size = 32, .shuffle = true, .seed = 5, .workers = workers}; }

/// Runs `body` in a child, which may change its own world; returns how it ended.
template <class Body>
Ending in_child(const Body& body) {
  const pid_t pid = fork();
  if (pid == 0) _exit(body());
  return reap(pid).value_or(Ending{});
}

bool enter_world_with_small_shm() {
  if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
  return mount("tmpfs", "/dev/shm", "tmpfs", 0, "size=1m") == 0;
}

TEST(Environment, RingOfManyMegabytesRunsWithADevShmOfOne) {
  const test::TemporaryFolder folder;
  test::write_image_tree(folder.path(), 2, 40);
  const ImageFolder dataset(folder.path());
  const Pipeline pipeline{RandomResizedCrop{224}};
  const Ending ending = in_child([&] {
    if (!enter_world_with_small_shm()) return not_permitted;
    struct statvfs shm {};
    if (statvfs("/dev/shm", &shm) != 0 || shm.f_blocks * shm.f_frsize != 1U << 20) return 2;
    Loader here(dataset, pipeline, options(0));
    Loader loader(dataset, pipeline, options(2));
    if (loader.region().size() < 10U << 20) return 3;
    return test::stream(loader, 2) == test::stream(here, 2) ? 0 : 4;
  });
  if (ending.code == not_permitted) GTEST_SKIP() << "this process may not make a mount namespace";
  EXPECT_EQ(ending.describe(), "ended with exit status 0");
}

TEST(Environment, DescriptorsAndMappingsStayConstantOverManyBatches) {
  const test::TemporaryFolder folder;
  test::write_image_tree(folder.path(), 2, 20);
  const ImageFolder dataset(folder.path());
  const Ending ending = in_child([&] {
    const rlimit few{48, 48};
    if (setrlimit(RLIMIT_NOFILE, &few) != 0) return 2;
    LoaderOptions small = options(2);
    small.batch_size = 4;
    Loader loader(dataset, {RandomResizedCrop{8}}, small);
    const auto mappings = [] {
      std::ifstream maps("/proc/self/maps");
      int lines = 0;
      for (std::string line; std::getline(maps, line);) ++lines;
      return lines;
    };
    test::stream(loader);
    const auto descriptors_before = test::open_descriptors();
    const int mappings_before = mappings();
    test::stream(loader, 200, 1);
    if (test::open_descriptors() != descriptors_before) return 3;
#ifdef SLABRING_SANITIZED
    return 0;  // its allocator keeps what was freed
#endif
    return mappings() <= mappings_before + 2 ? 0 : 4;  // the allocator may take a piece or two
  });
  EXPECT_EQ(ending.describe(), "ended with exit status 0");
}

TEST(Environment, ForkOfTheTrainerMayDestroyItsCopyAndUseNoneOfIt) {
  const test::TemporaryFolder folder;
  test::write_image_tree(folder.path(), 2, 40);
  const ImageFolder dataset(folder.path());
  const Pipeline pipeline{RandomResizedCrop{8}};
  Loader undisturbed(dataset, pipeline, options(0));
  const auto expected = test::stream(undisturbed);
  std::optional<Loader> loader(std::in_place, dataset, pipeline, options(2));
  loader->epoch(0);
  Batch first = loader->next();
  std::vector<std::uint64_t> seen{test::digest(first)};
  const Ending ending = in_child([&] {
    try {
      loader->next();
      return 2;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::process) return 3;
    }
    first.release();
    loader.reset();
    return 0;
  });
  EXPECT_EQ(ending.describe(), "ended with exit status 0");
  first.release();
  for (Batch batch = loader->next(); !batch.empty(); batch = loader->next()) seen.push_back(test::digest(batch));
  EXPECT_EQ(seen, expected);
}

}  // namespace
}  // namespace slabring
