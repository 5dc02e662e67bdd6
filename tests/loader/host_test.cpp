// What a host process is like: many threads, many loaders, other people's loaders beside its own.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "slabring/loader.hpp"
#include "support/image_tree.hpp"
#include "support/process_table.hpp"
#include "support/stream_digest.hpp"
#include "support/temporary_folder.hpp"

namespace slabring {
namespace {

class Host : public ::testing::Test {
 protected:
  Host() {
    test::write_image_tree(folder_.path(), 2, 20);
    dataset_.emplace(folder_.path());
    Loader calm(*dataset_, {RandomResizedCrop{16}}, options(StartMethod::forkserver, 0));
    calm_ = test::stream(calm);
  }
  static LoaderOptions options(StartMethod method, int workers) {
    return {.batch_size = 8, .shuffle = true, .seed = 2, .workers = workers, .start_method = method};
  }
  test::TemporaryFolder folder_;
  std::optional<ImageFolder> dataset_;
  std::vector<std::uint64_t> calm_;
};

/// Threads that hold the allocator's and their own locks most of the time they run.
class BusyThreads {
 public:
  explicit BusyThreads(int count) {
    for (int i = 0; i < count; ++i) {
      threads_.emplace_back([this] {
        while (!done_) {
          {
            const std::lock_guard lock(mutex_);
            for (std::size_t k = 0; k < 200; ++k) std::vector<char>(1000 + k).assign(1000, 'x');
          }
          std::this_thread::sleep_for(std::chrono::microseconds(500));  // or nobody else would get a CPU
        }
      });
    }
  }
  ~BusyThreads() {
    done_ = true;
    for (std::thread& thread : threads_) thread.join();
  }
  BusyThreads(const BusyThreads&) = delete;
  BusyThreads& operator=(const BusyThreads&) = delete;

 private:
  std::atomic<bool> done_{false};
  std::mutex mutex_;
  std::vector<std::thread> threads_;
};

TEST_F(Host, With16BusyThreadsMakesAndEndsTwoHundredLoaders) {
  const BusyThreads threads(16);
  const std::size_t descriptors = test::open_descriptors();
  for (int round = 0; round < 200; ++round) {
    Loader loader(*dataset_, {RandomResizedCrop{16}},
                  options(round % 2 == 0 ? StartMethod::forkserver : StartMethod::spawn, 2));
    if (round % 4 < 2) {
      ASSERT_EQ(test::stream(loader), calm_) << round;
    }
  }
  EXPECT_EQ(test::open_descriptors(), descriptors);
}

TEST_F(Host, WithTwentyLoadersAtOnceKeepsThemApart) {
  std::vector<std::unique_ptr<Loader>> loaders;
  for (int i = 0; i < 20; ++i) {
    loaders.push_back(std::make_unique<Loader>(*dataset_, Pipeline{RandomResizedCrop{16}},
                                               options(i % 2 == 0 ? StartMethod::forkserver : StartMethod::spawn, 2)));
    loaders.back()->epoch(0);
  }
  std::vector<std::vector<std::uint64_t>> streams(loaders.size());
  for (std::size_t batch = 0; batch < calm_.size(); ++batch) {
    for (std::size_t i = 0; i < loaders.size(); ++i) streams[i].push_back(test::digest(loaders[i]->next()));
  }
  for (const auto& stream : streams) EXPECT_EQ(stream, calm_);
  loaders.erase(loaders.begin() + 3, loaders.begin() + 9);  // the end of some is nothing to the others
  for (const auto& loader : loaders) EXPECT_EQ(test::stream(*loader), calm_);
}

}  // namespace
}  // namespace slabring
