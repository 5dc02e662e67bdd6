#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "slabring/loader.hpp"
#include "support/encode_image.hpp"
#include "support/image_tree.hpp"
#include "support/pixel_dataset.hpp"
#include "support/process_table.hpp"
#include "support/stream_digest.hpp"
#include "support/temporary_folder.hpp"

namespace slabring {
namespace {

using test::stream;
using ::testing::HasSubstr;

constexpr StartMethod all_methods[] = {StartMethod::forkserver, StartMethod::spawn, StartMethod::fork};

class StartMethodTest : public ::testing::Test {
 protected:
  StartMethodTest() { test::write_image_tree(folder_.path(), 4, 25); }
  static Pipeline pipeline() { return {RandomResizedCrop{24}, RandomHorizontalFlip{}}; }
  static LoaderOptions options(StartMethod method, int workers) {
    return {.batch_size = 16, .shuffle = true, .seed = 7, .workers = workers, .start_method = method};
  }
  test::TemporaryFolder folder_;
};

TEST_F(StartMethodTest, EveryMethodAndWorkerCountDeliversTheSameBytes) {
  const ImageFolder dataset(folder_.path());
  Loader reference(dataset, pipeline(), options(StartMethod::fork, 0));
  const auto expected = stream(reference, 2);
  ASSERT_EQ(expected.size(), 14U);
  for (const StartMethod method : all_methods) {
    for (const int workers : {1, 2, 5}) {
      Loader loader(dataset, pipeline(), options(method, workers));
      EXPECT_EQ(stream(loader, 2), expected) << to_string(method) << " with " << workers;
    }
  }
}

TEST(JpegDecoderOption, ReachesEveryWorkerAndIsCounted) {
  const test::TemporaryFolder folder;
  for (unsigned i = 0; i < 20; ++i) {
    const test::Bytes file = test::encode_jpeg(60, 40, {.progressive = i < 3, .seed = i});
    std::ofstream out(folder.path() / fmt::format("{}.jpg", i), std::ios::binary);
    out.write(reinterpret_cast<const char*>(file.data()), static_cast<std::streamsize>(file.size()));
  }
  const ImageFolder dataset(folder.path());
  for (const StartMethod method : all_methods) {
    for (const int workers : {0, 2}) {
      for (const JpegDecoding decoding : {JpegDecoding::native, JpegDecoding::libjpeg}) {
        LoaderOptions options{.batch_size = 4, .epochs = 1, .workers = workers, .start_method = method};
        options.jpeg_decoder = decoding;
        Loader loader(dataset, Pipeline::val(24), options);
        stream(loader, 1);
        const LoaderStats stats = loader.stats();
        const std::uint64_t native = decoding == JpegDecoding::native ? 17 : 0;
        EXPECT_EQ(stats.decoded_native, native) << to_string(method) << " with " << workers;
        EXPECT_EQ(stats.decoded_fallback, 20 - native) << to_string(method) << " with " << workers;
      }
    }
  }
}

TEST_F(StartMethodTest, JpegScaleReachesTheWorkersOfEveryMethod) {
  for (unsigned i = 0; i < 12; ++i) {
    const test::Bytes file = test::encode_jpeg(180, 140, {.luma = {2, 2}, .seed = i});
    std::ofstream(folder_.path() / "class00" / fmt::format("large{}.jpg", i), std::ios::binary)
        .write(reinterpret_cast<const char*>(file.data()), static_cast<std::streamsize>(file.size()));
  }
  const ImageFolder dataset(folder_.path());
  LoaderOptions exact = options(StartMethod::fork, 0), fast = exact;
  fast.jpeg_scale = JpegScale::fast;
  Loader exact_reference(dataset, pipeline(), exact), fast_reference(dataset, pipeline(), fast);
  const auto expected = stream(fast_reference);
  EXPECT_NE(expected, stream(exact_reference));
  for (const StartMethod method : all_methods) {
    fast.workers = 2;
    fast.start_method = method;
    Loader loader(dataset, pipeline(), fast);
    EXPECT_EQ(stream(loader), expected) << to_string(method);
  }
}

TEST_F(StartMethodTest, EarlyBreakWithWorkersChangesNothingLater) {
  const ImageFolder dataset(folder_.path());
  Loader reference(dataset, pipeline(), options(StartMethod::fork, 0));
  const auto expected = stream(reference, 1, 3);
  Loader loader(dataset, pipeline(), options(StartMethod::forkserver, 2));
  for (int round = 0; round < 20; ++round) {
    int seen = 0;
    for ([[maybe_unused]] Batch& batch : loader.epoch(static_cast<std::uint64_t>(round))) {
      if (seen++ == round % 5) break;
    }
  }
  EXPECT_EQ(stream(loader, 1, 3), expected);
}

TEST_F(StartMethodTest, ProcessesAreNamedAndParentedAsPromised) {
  const ImageFolder dataset(folder_.path());
  for (const StartMethod method : all_methods) {
    Loader loader(dataset, pipeline(), options(method, 2));
    stream(loader);
    const LoaderStats stats = loader.stats();
    ASSERT_EQ(stats.worker_pids.size(), 2U);
    const auto first_line = [](pid_t pid, const char* file) {
      std::ifstream in("/proc/" + std::to_string(pid) + "/" + file);
      std::string line;
      std::getline(in, line);
      return line;
    };
    const auto parent = [&](pid_t pid) {
      const std::string stat = first_line(pid, "stat");
      return std::stoi(stat.substr(stat.rfind(')') + 4));
    };
    EXPECT_EQ(first_line(stats.coordinator_pid, "comm"), "slabring-coord");
    EXPECT_EQ(parent(stats.coordinator_pid), getpid());
    for (const int pid : stats.worker_pids) {
      // One that has had nothing to do yet may still be on its way there.
      EXPECT_TRUE(test::eventually([&] { return first_line(pid, "comm") == "slabring-work"; }))
          << to_string(method) << ": " << first_line(pid, "comm");
      EXPECT_EQ(parent(pid), stats.coordinator_pid);
    }
  }
}

TEST_F(StartMethodTest, WorkersOfAFreshProgramHoldStandardDescriptorsAndTheLifePipe) {
  const ImageFolder dataset(folder_.path());
  // A descriptor that the trainer forgot to mark close-on-exec must not reach them.
  const int leaky = dup(STDERR_FILENO);
  for (const StartMethod method : {StartMethod::forkserver, StartMethod::spawn}) {
    Loader loader(dataset, pipeline(), options(method, 2));
    stream(loader);
    for (const int pid : loader.stats().worker_pids) {
      // A worker that is still being set up has a few more.
      const auto held = [pid] { return test::names_in("/proc/" + std::to_string(pid) + "/fd"); };
      EXPECT_TRUE(test::eventually([&] {
        return held() == std::set<std::string>{"0", "1", "2", "3"};
      })) << to_string(method)
          << " holds " << ::testing::PrintToString(held());
    }
  }
  close(leaky);
}

TEST_F(StartMethodTest, TrainerKeepsFiveDescriptorsALoader) {
  const ImageFolder dataset(folder_.path());
  const std::size_t before = test::open_descriptors();
  {
    Loader loader(dataset, pipeline(), options(StartMethod::forkserver, 2));
    stream(loader);
    EXPECT_LE(test::open_descriptors(), before + 5)
        << "pidfd, control socket, life pipe, and the ring's two for a takeover";
  }
  EXPECT_EQ(test::open_descriptors(), before);
}

TEST_F(StartMethodTest, ForkIsRefusedWhileAThreadIsAlive) {
  const test::PixelDataset dataset(10);
  std::atomic<bool> done{false};
  std::thread other([&] { done.wait(false); });
  LoaderOptions fork_options = options(StartMethod::fork, 1);
  std::string message;
  try {
    Loader loader(dataset, {}, fork_options);
  } catch (const Error& error) {
    message = error.what();
  }
  EXPECT_THAT(message, HasSubstr("start_method fork is refused: the calling process has 2 threads"));
  fork_options.force_fork = true;
  Loader forced(dataset, {}, fork_options);
  EXPECT_EQ(stream(forced).size(), 1U);
  done = true;
  done.notify_all();
  other.join();
}

TEST_F(StartMethodTest, ForkserverWorksAmongBusyThreads) {
  const ImageFolder dataset(folder_.path());
  Loader reference(dataset, pipeline(), options(StartMethod::fork, 0));
  const auto expected = stream(reference);
  std::atomic<bool> done{false};
  std::vector<std::thread> busy;
  for (int i = 0; i < 4; ++i) {
    busy.emplace_back([&] {
      while (!done) std::vector<char>(1000).assign(1000, 'x');
    });
  }
  for (int round = 0; round < 5; ++round) {
    Loader loader(dataset, pipeline(), options(round % 2 == 0 ? StartMethod::forkserver : StartMethod::spawn, 2));
    EXPECT_EQ(stream(loader), expected);
  }
  done = true;
  for (auto& thread : busy) thread.join();
}

TEST_F(StartMethodTest, UserDatasetAndLambdaRunInForkedWorkers) {
  const test::PixelDataset dataset(100);
  const Pipeline pipeline{Lambda{[](const MutableImageView& image, RandomStream& random) {
    image.row(0)[0] = static_cast<std::uint8_t>(random.below(256));
  }}};
  Loader here(dataset, pipeline, options(StartMethod::fork, 0));
  Loader forked(dataset, pipeline, options(StartMethod::fork, 3));
  EXPECT_EQ(stream(forked, 2), stream(here, 2));
}

TEST_F(StartMethodTest, SeveralLoadersLiveSideBySideAndEndInAnyOrder) {
  const ImageFolder dataset(folder_.path());
  Loader reference(dataset, pipeline(), options(StartMethod::fork, 0));
  const auto expected = stream(reference);
  auto first = std::make_unique<Loader>(dataset, pipeline(), options(StartMethod::forkserver, 1));
  auto second = std::make_unique<Loader>(dataset, pipeline(), options(StartMethod::fork, 1));
  auto third = std::make_unique<Loader>(dataset, pipeline(), options(StartMethod::spawn, 1));
  EXPECT_EQ(stream(*first), expected);
  first.reset();
  EXPECT_EQ(stream(*second), expected);
  second.reset();
  EXPECT_EQ(stream(*third), expected);
}

TEST_F(StartMethodTest, ProgramThatIsNoWorkerIsNamed) {
  const ImageFolder dataset(folder_.path());
  LoaderOptions wrong = options(StartMethod::forkserver, 1);
  wrong.worker_program = "/bin/true";
  try {
    Loader loader(dataset, pipeline(), wrong);
    FAIL() << "it started";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::process);
    EXPECT_THAT(error.what(), HasSubstr("ended with exit status 0 before it was ready"));
  }
}

}  // namespace
}  // namespace slabring
