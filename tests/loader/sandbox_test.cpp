// Loaders with sandboxed workers: the pixels are the same, and code that goes astray costs its sample.

#include "process/sandbox.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <stdexcept>
#include <string>
#include <vector>

#include "slabring/loader.hpp"
#include "support/image_tree.hpp"
#include "support/pixel_dataset.hpp"
#include "support/stream_digest.hpp"
#include "support/temporary_folder.hpp"

namespace slabring {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

LoaderOptions options(int workers, StartMethod method, Sandbox sandbox) {
  return {.batch_size = 5,
          .shuffle = true,
          .on_error = OnError::mask,
          .epochs = 1,
          .workers = workers,
          .start_method = method,
          .sandbox = sandbox};
}

const Pipeline pipeline{RandomResizedCrop{16}};

TEST(SandboxedLoader, DeliversTheSameBytesInEveryModeAndSaysWhatIsActive) {
  const test::TemporaryFolder folder;
  test::write_image_tree(folder.path(), 2, 20);
  const ImageFolder dataset(folder.path());
  Loader calm(dataset, pipeline, options(0, StartMethod::forkserver, Sandbox::automatic));
  const auto expected = test::stream(calm);
  EXPECT_EQ(calm.stats().sandbox, "off");
  const std::string available = describe_sandbox(sandbox_parts_available());
  for (const StartMethod method : {StartMethod::forkserver, StartMethod::spawn, StartMethod::fork}) {
    Loader confined(dataset, pipeline, options(2, method, Sandbox::automatic));
    EXPECT_EQ(test::stream(confined), expected) << to_string(method);
    EXPECT_EQ(confined.stats().sandbox, method == StartMethod::fork ? "off" : available);
    Loader open(dataset, pipeline, options(2, method, Sandbox::off));
    EXPECT_EQ(test::stream(open), expected) << to_string(method);
    EXPECT_EQ(open.stats().sandbox, "off");
  }
}

TEST(SandboxedLoader, FilesBehindLinksAreRead) {
  const test::TemporaryFolder folder;
  const test::TemporaryFolder store;
  test::write_image_tree(store.path(), 2, 10);
  std::filesystem::create_directory_symlink(store.path() / "class00", folder.path() / "linked");
  std::filesystem::create_directory(folder.path() / "other");
  std::filesystem::create_symlink(store.path() / "class01/image003.ppm", folder.path() / "other/one.ppm");
  const ImageFolder dataset(folder.path());
  Loader loader(dataset, pipeline, options(2, StartMethod::forkserver, Sandbox::automatic));
  test::stream(loader);
  EXPECT_EQ(loader.stats().samples, 11U);
  EXPECT_EQ(loader.stats().faults, 0U);
}

TEST(SandboxedLoader, StrictWithoutWorkersIsRefused) {
  const test::PixelDataset dataset(4);
  EXPECT_THAT([&] { Loader(dataset, {}, options(0, StartMethod::forkserver, Sandbox::strict)); },
              ::testing::ThrowsMessage<Error>(AllOf(HasSubstr("sandbox is strict"), HasSubstr("workers is 0"))));
}

/// What a decoder could do that somebody else has taken over.
class AstrayDataset : public test::PixelDataset {
 public:
  explicit AstrayDataset(std::function<void()> astray) : PixelDataset(10), astray_(std::move(astray)) {}
  void load(SampleId id, Sample& sample) const override {
    if (to_index(id) == 3) astray_();
    PixelDataset::load(id, sample);
  }

 private:
  std::function<void()> astray_;
};

/// The one fault of an epoch over it, with strict sandboxes.
SampleFault fault_of(const std::function<void()>& astray) {
  const AstrayDataset dataset(astray);
  Loader loader(dataset, {}, options(2, StartMethod::fork, Sandbox::strict));
  std::vector<SampleFault> faults;
  for (Batch& batch : loader.epoch(0)) {
    for (const SampleFault& fault : batch.faults()) faults.push_back(fault);
  }
  EXPECT_EQ(loader.stats().samples, 10U);
  EXPECT_EQ(faults.size(), 1U);
  return faults.empty() ? SampleFault{} : faults[0];
}

TEST(SandboxedLoader, CodeThatGoesAstrayCostsItsSampleAndNothingElse) {
  if (sandbox_parts_available() != sandbox_part::all)
    GTEST_SKIP() << "this kernel and this build have only: " << describe_sandbox(sandbox_parts_available());
  const SampleFault reading = fault_of([] {
    if (open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0) throw std::runtime_error("could not be read");
  });
  EXPECT_EQ(reading.status, SampleStatus::dataset_failed);
  EXPECT_EQ(reading.message, "could not be read");
  const std::function<void()> deadly[] = {
      [] { static_cast<void>(open("/tmp/written", O_WRONLY | O_CREAT | O_CLOEXEC, 0600)); },
      [] { static_cast<void>(socket(AF_INET, SOCK_STREAM, 0)); },
      [] { static_cast<void>(execl("/bin/true", "true", nullptr)); }};
  for (const auto& astray : deadly) {
    const SampleFault fault = fault_of(astray);
    EXPECT_EQ(to_index(fault.id), 3U);
    EXPECT_EQ(fault.status, SampleStatus::quarantined);
    EXPECT_THAT(fault.message, HasSubstr("SIGSYS"));
  }
}

}  // namespace
}  // namespace slabring
