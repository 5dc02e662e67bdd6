#include "slabring/sample.hpp"

#include <gtest/gtest.h>

#include <array>

#include "slabring/dataset.hpp"

namespace slabring {
namespace {

TEST(Sample, BeginsWithoutLabelAndSource) {
  const Sample sample;
  EXPECT_EQ(sample.label(), -1);
  EXPECT_EQ(sample.source(), Sample::Source::none);
}

TEST(Sample, FolderAndNameBecomeOnePath) {
  Sample sample;
  sample.from_file("/data", "cat/1.jpg");
  EXPECT_EQ(sample.source(), Sample::Source::file);
  EXPECT_EQ(sample.path(), "/data/cat/1.jpg");
  sample.from_file("/elsewhere/2.png");
  EXPECT_EQ(sample.path(), "/elsewhere/2.png");
}

TEST(Sample, EncodedAndPixelsAreKeptAsViews) {
  Sample sample;
  const std::array<std::byte, 3> bytes{};
  sample.from_encoded(bytes);
  EXPECT_EQ(sample.source(), Sample::Source::encoded);
  EXPECT_EQ(sample.encoded().data(), bytes.data());
  EXPECT_EQ(sample.encoded().size(), 3U);

  const std::array<std::uint8_t, 12> pixels{};
  sample.from_pixels({pixels.data(), 2, 2, 3, 6});
  EXPECT_EQ(sample.source(), Sample::Source::pixels);
  EXPECT_EQ(sample.pixels().data, pixels.data());
  EXPECT_EQ(sample.pixels().width, 2);
}

TEST(Sample, ResetForgetsEverythingButTheCapacity) {
  Sample sample;
  sample.set_label(7);
  sample.from_file("/a/long/enough/path/that/it/is/not/kept/inside/the/string/itself.jpg");
  sample.buffer().resize(1000);
  const char* path_room = sample.path().data();
  const std::byte* room = sample.buffer().data();
  sample.reset();
  EXPECT_EQ(sample.label(), -1);
  EXPECT_EQ(sample.source(), Sample::Source::none);
  EXPECT_TRUE(sample.path().empty());
  EXPECT_TRUE(sample.encoded().empty());
  EXPECT_EQ(sample.pixels().data, nullptr);
  EXPECT_TRUE(sample.buffer().empty());
  sample.from_file("/another/path/that/needs/as/much/room/as/the/one/before.jpg");
  sample.buffer().resize(1000);
  EXPECT_EQ(sample.path().data(), path_room);
  EXPECT_EQ(sample.buffer().data(), room);
}

class Numbers : public Dataset {
 public:
  std::uint64_t size() const override { return 3; }
  void load(SampleId id, Sample& sample) const override { sample.set_label(static_cast<std::int64_t>(to_index(id))); }
};

TEST(Dataset, UserDatasetNeedsOnlySizeAndLoad) {
  const Numbers numbers;
  EXPECT_EQ(numbers.describe(SampleId{2}), "sample 2");
  EXPECT_TRUE(numbers.classes().empty());
  EXPECT_FALSE(numbers.recipe().has_value());
  numbers.will_need(SampleId{1});
}

}  // namespace
}  // namespace slabring
