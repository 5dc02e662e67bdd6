#include "synth/synthesize.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "cli/synth/jpeg_header.hpp"
#include "command.hpp"
#include "decode/decoder.hpp"
#include "slabring/dataset.hpp"
#include "slabring/error.hpp"
#include "support/temporary_folder.hpp"

namespace slabring::cli {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

std::string bytes_of_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// Everything in the folder: relative path -> bytes.
std::map<std::string, std::string> contents_of(const fs::path& folder) {
  std::map<std::string, std::string> contents;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) contents[fs::relative(entry.path(), folder)] = bytes_of_file(entry.path());
  }
  return contents;
}

/// Without the record, which holds the options.
std::map<std::string, std::string> images_of(const fs::path& folder) {
  auto contents = contents_of(folder);
  EXPECT_EQ(contents.erase(synth_record), 1U);
  return contents;
}

// ---- what is written ----

TEST(Synthesize, WritesClassFoldersThatImageFolderNumbers) {
  const test::TemporaryFolder folder;
  synthesize(folder.path() / "new/photos", {.count = 23, .classes = 11});
  const ImageFolder dataset(folder.path() / "new/photos");
  EXPECT_EQ(dataset.size(), 23U);
  ASSERT_EQ(dataset.classes().size(), 11U);
  EXPECT_EQ(dataset.classes()[2], "class-02");
  EXPECT_EQ(dataset.label(SampleId{22}), 10);
}

TEST(Synthesize, FewerImagesThanClassesLeaveNoEmptyFolder) {
  const test::TemporaryFolder folder;
  synthesize(folder.path(), {.count = 3, .classes = 100});
  EXPECT_EQ(ImageFolder(folder.path()).classes().size(), 3U);
}

TEST(Synthesize, SameOptionsGiveTheSameBytes) {
  const test::TemporaryFolder one;
  const test::TemporaryFolder two;
  synthesize(one.path(), {.count = 12});
  synthesize(two.path(), {.count = 12});
  EXPECT_EQ(contents_of(one.path()), contents_of(two.path()));
}

TEST(Synthesize, CountDoesNotChangeAnImageButSeedDoes) {
  const test::TemporaryFolder few;
  const test::TemporaryFolder more;
  const test::TemporaryFolder other;
  synthesize(few.path(), {.count = 4});
  synthesize(more.path(), {.count = 8});
  synthesize(other.path(), {.count = 4, .seed = 1});
  const auto longer = images_of(more.path());
  for (const auto& [name, bytes] : images_of(few.path())) EXPECT_EQ(longer.at(name), bytes) << name;
  for (const auto& [name, bytes] : images_of(other.path())) EXPECT_NE(longer.at(name), bytes) << name;
}

TEST(Synthesize, QualityMayBeFixed) {
  const test::TemporaryFolder fine;
  const test::TemporaryFolder coarse;
  synthesize(fine.path(), {.count = 5, .quality = 98});
  synthesize(coarse.path(), {.count = 5, .quality = 30});
  const auto large = images_of(fine.path());
  for (const auto& [name, bytes] : images_of(coarse.path())) EXPECT_LT(2 * bytes.size(), large.at(name).size());
}

// ---- like photos ----

struct Photo {
  std::size_t bytes = 0;
  test::JpegFrame frame;
};

template <class Value>
auto median_of(const std::vector<Photo>& photos, const Value& value) {
  std::vector<double> values;
  for (const Photo& photo : photos) values.push_back(static_cast<double>(value(photo)));
  std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
  return values[values.size() / 2];
}

TEST(Synthesize, SizesSubsamplingAndBytesAreDistributedAsImageNets) {
  const test::TemporaryFolder folder;
  constexpr std::uint64_t count = 300;
  synthesize(folder.path(), {.count = count});
  std::vector<Photo> photos;
  for (const auto& [name, bytes] : images_of(folder.path()))
    photos.push_back({bytes.size(), test::frame_of(std::as_bytes(std::span(bytes)))});
  ASSERT_EQ(photos.size(), count);

  EXPECT_NEAR(median_of(photos, [](const Photo& photo) { return photo.bytes; }), 107'000, 16'000);
  EXPECT_EQ(median_of(photos, [](const Photo& photo) { return photo.frame.width; }), 500);
  EXPECT_NEAR(median_of(photos, [](const Photo& photo) { return photo.frame.height; }), 375, 10);
  const auto share_of = [&photos](std::initializer_list<int> sampling) {
    const std::vector<int> wanted(sampling);
    return static_cast<double>(
               std::count_if(photos.begin(), photos.end(),
                             [&wanted](const Photo& photo) { return photo.frame.sampling == wanted; })) /
           count;
  };
  EXPECT_NEAR(share_of({0x11, 0x11, 0x11}), 0.76, 0.07);
  EXPECT_NEAR(share_of({0x22, 0x11, 0x11}), 0.20, 0.07);
  EXPECT_GT(share_of({0x11}) + share_of({0x21, 0x11, 0x11}), 0.01);
}

TEST(Synthesize, EveryImageDecodes) {
  const test::TemporaryFolder folder;
  synthesize(folder.path(), {.count = 20});
  Decoder decoder;
  for (const auto& [name, bytes] : images_of(folder.path())) {
    const ImageHeader header = decoder.open(std::as_bytes(std::span(bytes)));
    EXPECT_EQ(decoder.decode({0, 0, header.width, header.height}).width, header.width) << name;
  }
}

// ---- the folder ----

struct Interrupted : std::runtime_error {
  using std::runtime_error::runtime_error;
};

TEST(Synthesize, InterruptedRunIsCompletedWithTheSameBytes) {
  const test::TemporaryFolder whole;
  const test::TemporaryFolder resumed;
  const SynthOptions options{.count = 12, .classes = 3};
  synthesize(whole.path(), options);

  const auto stop_at_five = [](std::uint64_t done) {
    if (done == 5) throw Interrupted("enough");
  };
  EXPECT_THROW(synthesize(resumed.path(), options, stop_at_five), Interrupted);
  EXPECT_EQ(images_of(resumed.path()).size(), 5U);
  std::vector<std::uint64_t> progress;
  synthesize(resumed.path(), options, [&progress](std::uint64_t done) { progress.push_back(done); });
  EXPECT_EQ(contents_of(resumed.path()), contents_of(whole.path()));
  EXPECT_EQ(progress.size(), 12U);
  EXPECT_EQ(progress.back(), 12U);
}

TEST(Synthesize, WhatIsThereIsNotWrittenAgain) {
  const test::TemporaryFolder folder;
  synthesize(folder.path(), {.count = 2});
  const fs::path image = folder.path() / "class-0/000000.jpg";
  const fs::path foreign = folder.write("class-0/mine.txt", "mine");
  const auto written = fs::last_write_time(image);
  synthesize(folder.path(), {.count = 2});
  EXPECT_EQ(fs::last_write_time(image), written);
  EXPECT_EQ(bytes_of_file(foreign), "mine");
}

std::string refusal_of(const fs::path& folder, const SynthOptions& options) {
  const auto before =
      fs::exists(folder) && fs::is_directory(folder) ? contents_of(folder) : decltype(contents_of("")){};
  try {
    synthesize(folder, options);
    return "not refused";
  } catch (const UsageError& error) {
    if (fs::is_directory(folder)) {
      EXPECT_EQ(contents_of(folder), before) << "a refused folder was changed";
    }
    return error.what();
  }
}

TEST(Synthesize, FolderOfSomebodyElseIsRefusedUntouched) {
  const test::TemporaryFolder folder;
  folder.write("holiday/1.jpg", "precious");
  EXPECT_THAT(refusal_of(folder.path(), {.count = 2}), AllOf(HasSubstr("not empty"), HasSubstr(synth_record)));
}

TEST(Synthesize, FolderOfOtherOptionsIsRefused) {
  const test::TemporaryFolder folder;
  synthesize(folder.path(), {.count = 2});
  EXPECT_THAT(refusal_of(folder.path(), {.count = 2, .seed = 9}), AllOf(HasSubstr("other options"), HasSubstr("9")));
  EXPECT_THAT(refusal_of(folder.path(), {.count = 3}), HasSubstr("other options"));
}

TEST(Synthesize, RecordThatWasBeingWrittenDoesNotBarTheFolder) {
  const test::TemporaryFolder folder;
  folder.write(std::string(synth_record) + ".123.part", "{");
  synthesize(folder.path(), {.count = 1});
  EXPECT_TRUE(fs::exists(folder.path() / "class-0/000000.jpg"));
}

TEST(Synthesize, BadOptionsAreRefusedByNameBeforeAnythingIsMade) {
  const test::TemporaryFolder folder;
  const fs::path fresh = folder.path() / "fresh";
  EXPECT_THAT(refusal_of(fresh, {.count = 0}), HasSubstr("--count 0"));
  EXPECT_THAT(refusal_of(fresh, {.count = 1, .classes = 0}), HasSubstr("--classes 0"));
  EXPECT_THAT(refusal_of(fresh, {.count = 1, .classes = 10'001}), HasSubstr("--classes 10001"));
  EXPECT_THAT(refusal_of(fresh, {.count = 1, .quality = 0}), HasSubstr("--quality 0"));
  EXPECT_THAT(refusal_of(fresh, {.count = 1, .quality = 101}), HasSubstr("--quality 101"));
  EXPECT_FALSE(fs::exists(fresh));
}

TEST(Synthesize, FileInTheWayIsAnErrorThatNamesIt) {
  const test::TemporaryFolder folder;
  const fs::path file = folder.write("file", "content");
  try {
    synthesize(file, {.count = 1});
    ADD_FAILURE() << "a file is no folder";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::io);
    EXPECT_THAT(error.what(), HasSubstr(file.native()));
  }
  EXPECT_EQ(bytes_of_file(file), "content");
}

}  // namespace
}  // namespace slabring::cli
