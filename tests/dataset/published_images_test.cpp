#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <cstring>
#include <string>
#include <vector>

#include "dataset/open_dataset.hpp"
#include "slabring/error.hpp"
#include "slabring/loader.hpp"
#include "slabring/sources.hpp"
#include "support/published_files.hpp"
#include "support/stream_digest.hpp"
#include "support/temporary_folder.hpp"

namespace slabring {
namespace {

using test::cifar_file;
using test::idx_file;
using test::pixel;
using test::stream;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr StartMethod all_methods[] = {StartMethod::forkserver, StartMethod::spawn, StartMethod::fork};

std::string gzipped(const std::string& data) {
  z_stream zip{};
  deflateInit2(&zip, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string out(data.size() + 1000, '\0');
  zip.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  zip.avail_in = static_cast<uInt>(data.size());
  zip.next_out = reinterpret_cast<Bytef*>(out.data());
  zip.avail_out = static_cast<uInt>(out.size());
  deflate(&zip, Z_FINISH);
  out.erase(zip.total_out);
  deflateEnd(&zip);
  return out;
}

std::string mnist_images(std::uint32_t count) {
  std::string data;
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t k = 0; k < 784; ++k) data += pixel(i, k);
  }
  return idx_file({count, 28, 28}, data);
}

std::string mnist_labels(std::uint32_t count) {
  std::string data;
  for (std::uint32_t i = 0; i < count; ++i) data += static_cast<char>(i % 10);
  return idx_file({count}, data);
}

void write_mnist(const test::TemporaryFolder& folder, const std::string& inner = "") {
  folder.write(inner + "train-images-idx3-ubyte", mnist_images(40));
  folder.write(inner + "train-labels-idx1-ubyte", mnist_labels(40));
  folder.write(inner + "t10k-images-idx3-ubyte.gz", gzipped(mnist_images(15)));
  folder.write(inner + "t10k-labels-idx1-ubyte.gz", gzipped(mnist_labels(15)));
}

std::string refusal_of(const std::string& source) {
  try {
    open_source(source);
    return "not refused";
  } catch (const Error& error) {
    return error.what();
  }
}

std::vector<std::uint64_t> digests(const Dataset& dataset, int workers, StartMethod method) {
  Loader loader(dataset, {}, {.batch_size = 6, .shuffle = true, .workers = workers, .start_method = method});
  return stream(loader, 2);
}

TEST(Mnist, FilesAsPublishedAreRead) {
  const test::TemporaryFolder folder;
  write_mnist(folder);
  const auto dataset = open_source(folder.path().native());
  EXPECT_EQ(dataset->size(), 40U);
  EXPECT_EQ(dataset->sample_shape(), (SampleShape{28, 28, 1}));
  Sample sample;
  dataset->load(SampleId{23}, sample);
  EXPECT_EQ(sample.label(), 3);
  EXPECT_EQ(sample.pixels().row(5)[7], static_cast<std::uint8_t>(pixel(23, 5 * 28 + 7)));
  EXPECT_THAT(dataset->describe(SampleId{23}), testing::EndsWith("train-images-idx3-ubyte[23]"));
}

TEST(Mnist, GzippedFilesAndTorchvisionsFoldersAreRead) {
  const test::TemporaryFolder folder;
  write_mnist(folder, "MNIST/raw/");
  const auto test = open_source(folder.path().native() + "?split=test");
  EXPECT_EQ(test->size(), 15U);
  Sample sample;
  test->load(SampleId{14}, sample);
  EXPECT_EQ(sample.label(), 4);
  EXPECT_EQ(sample.pixels().row(27)[27], static_cast<std::uint8_t>(pixel(14, 783)));
}

TEST(Mnist, EveryStartMethodDeliversTheSame) {
  const test::TemporaryFolder folder;
  write_mnist(folder);
  for (const char* split : {"?split=train", "?split=test"}) {
    const auto dataset = open_source(folder.path().native() + split);
    const auto expected = digests(*dataset, 0, StartMethod::fork);
    for (const StartMethod method : all_methods) EXPECT_EQ(digests(*dataset, 2, method), expected) << split;
  }
}

TEST(Mnist, DamagedFilesAreNamed) {
  const auto refusal = [](const std::string& images, const std::string& labels) {
    const test::TemporaryFolder folder;
    folder.write("train-images-idx3-ubyte", images);
    folder.write("train-labels-idx1-ubyte", labels);
    return refusal_of("mnist:" + folder.path().native());
  };
  const std::string images = mnist_images(4);
  const std::string labels = mnist_labels(4);
  EXPECT_THAT(refusal(images.substr(0, 2000), labels), AllOf(HasSubstr("images-idx3"), HasSubstr("fewer than")));
  EXPECT_THAT(refusal(images + "more", labels), HasSubstr("its header says 3136"));
  EXPECT_THAT(refusal(images, mnist_labels(5)), AllOf(HasSubstr("4 images"), HasSubstr("5 labels")));
  EXPECT_THAT(refusal(labels, images), HasSubstr("has 1 axes"));
  EXPECT_THAT(refusal(idx_file({1, 2, 2}, std::string(16, 'x'), 0x0d), labels), HasSubstr("0x0d"));
  EXPECT_THAT(refusal("nothing of the kind", labels), HasSubstr("IDX"));
  const std::string packed = gzipped(images);
  EXPECT_THAT(refusal(packed.substr(0, packed.size() / 2), labels), HasSubstr("ends within its gzip data"));
  std::string damaged = packed;
  damaged[packed.size() - 6] ^= 0x55;
  EXPECT_THAT(refusal(damaged, labels), HasSubstr("damaged gzip"));
  const test::TemporaryFolder empty;
  EXPECT_THAT(refusal_of("mnist:" + empty.path().native()), HasSubstr("holds no train-images-idx3-ubyte"));
  EXPECT_THAT(refusal_of("mnist:" + empty.path().native() + "?split=val"), HasSubstr("train or test"));
}

TEST(Cifar10, BatchesFollowOneAnother) {
  const test::TemporaryFolder folder;
  for (std::size_t batch = 0; batch < 5; ++batch) {
    folder.write(fmt::format("data_batch_{}.bin", batch + 1), cifar_file(4, 1, 4 * batch));
  }
  folder.write("test_batch.bin", cifar_file(3, 1, 100));
  folder.write("batches.meta.txt", "airplane\nautomobile\n\n");
  const auto dataset = open_source(folder.path().native());
  ASSERT_EQ(dataset->size(), 20U);
  EXPECT_THAT(dataset->classes(), ElementsAre("airplane", "automobile"));
  Sample sample;
  for (std::uint64_t id = 0; id < 20; ++id) {
    sample.reset();
    dataset->load(SampleId{id}, sample);
    EXPECT_EQ(sample.label(), static_cast<std::int64_t>(id % 10));
    for (std::size_t c = 0; c < 3; ++c) {  // the file has the planes one after the other
      EXPECT_EQ(sample.pixels().row(9)[3 * 30 + c], static_cast<std::uint8_t>(pixel(id, c * 1024 + 9 * 32 + 30)));
    }
  }
  EXPECT_THAT(dataset->describe(SampleId{9}), testing::EndsWith("data_batch_3.bin[1]"));
  EXPECT_EQ(open_source(folder.path().native() + "?split=test")->size(), 3U);
  const auto expected = digests(*dataset, 0, StartMethod::fork);
  for (const StartMethod method : all_methods) EXPECT_EQ(digests(*dataset, 2, method), expected);
}

TEST(Cifar100, LabelsAreFineOrCoarse) {
  const test::TemporaryFolder folder;
  folder.write("cifar-100-binary/train.bin", cifar_file(25, 2));
  const auto label = [&](const char* options) {
    Sample sample;
    open_source(folder.path().native() + options)->load(SampleId{15}, sample);
    return sample.label();
  };
  EXPECT_EQ(label(""), 5);
  EXPECT_EQ(label("?labels=coarse"), 15);
  EXPECT_THAT(refusal_of(folder.path().native() + "?labels=both"), HasSubstr("fine or coarse"));
}

TEST(Cifar, FilesThatAreCutOffAreNamed) {
  const test::TemporaryFolder folder;
  folder.write("test_batch.bin", cifar_file(2, 1).substr(0, 5000));
  EXPECT_THAT(refusal_of(folder.path().native() + "?split=test"),
              AllOf(HasSubstr("test_batch.bin"), HasSubstr("5000 bytes")));
  EXPECT_THAT(refusal_of(folder.path().native()), HasSubstr("holds no data_batch_1.bin"));
}

TEST(PublishedImages, MalformedRecipesAreRefused) {
  const test::TemporaryFolder folder;
  write_mnist(folder);
  DatasetRecipe recipe = *open_source(folder.path().native())->recipe();
  for (const char* config :
       {"{}", R"({"set": 9, "coarse": false, "files": [], "classes": []})",
        R"({"set": 0, "coarse": false, "files": [], "classes": []})",
        R"({"set": 0, "coarse": false, "files": [{"name": "a", "unpacked": true}], "classes": []})"}) {
    recipe.config = config;
    EXPECT_THROW(open_dataset(recipe), Error) << config;
  }
}

}  // namespace
}  // namespace slabring
