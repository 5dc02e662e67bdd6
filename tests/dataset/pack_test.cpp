#include "dataset/pack.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>

#include "base/sample_failure.hpp"
#include "dataset/pack_writer.hpp"
#include "slabring/error.hpp"
#include "support/temporary_folder.hpp"

namespace slabring {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string text_of(std::uint64_t i) { return "sample " + std::to_string(i) + std::string(i % 7 * 100, 'x'); }

class Packs : public testing::Test {
 protected:
  std::string at(const std::string& name) const { return (folder_.path() / name).native(); }

  void add(PackWriter& writer, std::uint64_t end) {
    for (std::uint64_t i = writer.first(); i < end; ++i) {
      writer.add(i, bytes_of(text_of(i)), static_cast<std::int64_t>(i) - 1, "n/" + std::to_string(i));
    }
  }
  std::string write(const std::string& name, std::uint64_t count) {
    PackWriter writer(at(name), "identity");
    add(writer, count);
    writer.finish(R"({"classes": ["a", "b"]})");
    return at(name);
  }
  static std::string contents(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void expect_whole(const std::string& path, std::uint64_t count) {
    const Pack pack(path);
    ASSERT_EQ(pack.size(), count);
    EXPECT_TRUE(pack.index().is_sound());
    Sample sample;
    for (std::uint64_t i = 0; i < count; ++i) {
      sample.reset();
      pack.load(SampleId{i}, sample);
      const std::string text = text_of(i);
      ASSERT_TRUE(std::ranges::equal(sample.encoded(), bytes_of(text))) << i;
      EXPECT_EQ(sample.label(), static_cast<std::int64_t>(i) - 1);
      EXPECT_EQ(pack.name(SampleId{i}), "n/" + std::to_string(i));
    }
  }
  static std::string refusal_of(const std::string& path) {
    try {
      const Pack pack(path);
      return "not refused";
    } catch (const Error& error) {
      return error.what();
    }
  }

  test::TemporaryFolder folder_;
};

TEST_F(Packs, WhatIsWrittenIsReadBack) {
  expect_whole(write("a.slabpack", 100), 100);
  EXPECT_FALSE(fs::exists(at("a.slabpack.part")));
  EXPECT_FALSE(fs::exists(at("a.slabpack.part.journal")));
  const Pack pack(at("a.slabpack"));
  EXPECT_THAT(pack.classes(), ElementsAre("a", "b"));
  EXPECT_THAT(pack.read_roots(), ElementsAre(folder_.path().native()));
  EXPECT_THAT(pack.describe(SampleId{3}), AllOf(HasSubstr("a.slabpack"), HasSubstr("n/3")));
}

TEST_F(Packs, RecipeOpensTheSameFileAndNoOther) {
  const Pack pack(write("a.slabpack", 3));
  const DatasetRecipe recipe = *pack.recipe();
  EXPECT_EQ(Pack::from_recipe(recipe)->fingerprint(), pack.fingerprint());
  fs::remove(at("a.slabpack"));
  write("a.slabpack", 4);
  EXPECT_THROW(Pack::from_recipe(recipe), Error);
  EXPECT_THROW(Pack::from_recipe({"pack", "{}", {}}), Error);
}

TEST_F(Packs, WriterThatEndedGoesOnAtItsCheckpoint) {
  {
    PackWriter writer(at("a.slabpack"), "identity");
    add(writer, 40);
    writer.checkpoint();
    add(writer, 0);
    writer.add(40, bytes_of("lost with the writer"), 0, "x");
  }
  EXPECT_THAT(refusal_of(at("a.slabpack.part")), HasSubstr("half a pack"));
  EXPECT_FALSE(fs::exists(at("a.slabpack")));
  PackWriter writer(at("a.slabpack"), "identity");
  EXPECT_EQ(writer.first(), 40U);
  EXPECT_EQ(writer.count(), 40U);
  add(writer, 100);
  writer.finish(R"({"classes": []})");
  expect_whole(at("a.slabpack"), 100);

  write("b.slabpack", 100);  // without interruption: the same samples, another description
  EXPECT_EQ(contents(at("a.slabpack")).substr(sizeof(pack::Header), 5000),
            contents(at("b.slabpack")).substr(sizeof(pack::Header), 5000));
}

TEST_F(Packs, WriterThatIsKilledLeavesHalfAPackThatCanBeFinished) {
  const pid_t child = fork();
  if (child == 0) {
    PackWriter writer(at("a.slabpack"), "identity");
    add(writer, 20);
    writer.checkpoint();
    add(writer, 30);
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_THAT(refusal_of(at("a.slabpack.part")), HasSubstr("half a pack"));
  expect_whole(write("a.slabpack", 50), 50);
}

TEST_F(Packs, TornJournalCountsUpToTheTear) {
  {
    PackWriter writer(at("a.slabpack"), "identity");
    add(writer, 10);
    writer.checkpoint();
  }
  const std::string journal = at("a.slabpack.part.journal");
  fs::resize_file(journal, fs::file_size(journal) - 1);
  EXPECT_EQ(PackWriter(at("a.slabpack"), "identity").first(), 9U);
  expect_whole(write("a.slabpack", 12), 12);
}

TEST_F(Packs, OtherIdentityOrShortenedDataBeginsAnew) {
  {
    PackWriter writer(at("a.slabpack"), "identity");
    add(writer, 10);
    writer.checkpoint();
  }
  {
    PackWriter writer(at("a.slabpack"), "another source");
    EXPECT_EQ(writer.first(), 0U);
    add(writer, 10);
    writer.checkpoint();
  }
  fs::resize_file(at("a.slabpack.part"), 200);
  EXPECT_EQ(PackWriter(at("a.slabpack"), "another source").first(), 0U);
}

TEST_F(Packs, PackThatExistsOrIsBeingWrittenIsLeftAlone) {
  write("a.slabpack", 3);
  EXPECT_THROW(PackWriter(at("a.slabpack"), "identity"), Error);
  PackWriter writer(at("b.slabpack"), "identity");
  EXPECT_THROW(PackWriter(at("b.slabpack"), "identity"), Error);
}

TEST_F(Packs, DamagedSampleIsAFaultOfThatSample) {
  const std::string path = write("a.slabpack", 10);
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(contents(path).find("sample 4")));
  file << 'X';
  file.close();
  const Pack pack(path);
  Sample sample;
  pack.load(SampleId{3}, sample);
  sample.reset();
  try {
    pack.load(SampleId{4}, sample);
    FAIL() << "the damage went unnoticed";
  } catch (const SampleFailure& failure) {
    EXPECT_EQ(failure.status(), SampleStatus::corrupt);
    EXPECT_THAT(failure.what(), HasSubstr("checksum"));
  }
}

TEST_F(Packs, DamagedPacksAreRefused) {
  const std::string whole = contents(write("a.slabpack", 10));
  const auto refused = [&](std::string bytes) { return refusal_of(folder_.write("b.slabpack", bytes).native()); };
  EXPECT_THAT(refused(""), HasSubstr("no pack"));
  EXPECT_THAT(refused("SLABPACK"), HasSubstr("no pack"));
  EXPECT_THAT(refused(std::string(500, 'x')), HasSubstr("no pack"));
  EXPECT_THAT(refused(whole.substr(0, whole.size() - 1)), HasSubstr("not copied whole"));
  EXPECT_THAT(refused(whole + "x"), HasSubstr("not copied whole"));
  std::string damaged = whole;
  damaged[24] ^= 1;
  EXPECT_THAT(refused(damaged), HasSubstr("damaged header"));
  pack::Header header{};
  std::memcpy(&header, whole.data(), sizeof header);
  header.version = 9;
  header.header_checksum = header_checksum_of(header);
  std::string newer = whole;
  std::memcpy(newer.data(), &header, sizeof header);
  EXPECT_THAT(refused(newer), HasSubstr("version 9"));
  EXPECT_THAT(refusal_of(at("absent.slabpack")), HasSubstr("absent.slabpack"));
}

TEST_F(Packs, OfArraysSayTheirFormAndRefuseAnother) {
  const auto pack_of = [&](const std::string& name, std::string_view about) {
    PackWriter writer(at(name), "identity");
    writer.add(0, bytes_of("eight by"), 3, "whole");
    writer.add(1, bytes_of("seven b"), 4, "short");
    writer.finish(about, pack::bare_version);
    return at(name);
  };
  const Pack pack(pack_of("a.slabpack", R"({"classes": [], "array": {"dtype": "u16", "shape": [2, 2]}})"));
  EXPECT_EQ(pack.sample_array(), (ArrayForm{DType::u16, {2, 2}}));
  Sample sample;
  pack.load(SampleId{0}, sample);
  EXPECT_EQ(std::memcmp(sample.array().data, "eight by", 8), 0);
  EXPECT_EQ(sample.label(), 3);
  sample.reset();
  EXPECT_THROW(pack.load(SampleId{1}, sample), SampleFailure);
  EXPECT_EQ(Pack(pack_of("b.slabpack", R"({"classes": [], "pixels": [2, 2, 2]})")).sample_shape(),
            (SampleShape{2, 2, 2}));
  int number = 0;
  for (const char* form : {R"("array": {"dtype": "u7", "shape": [8]})", R"("array": {"dtype": "u8", "shape": [0]})",
                           R"("array": {"dtype": "u8", "shape": [-8]})", R"("array": 3)", R"("pixels": [2, 2])",
                           R"("pixels": [100000, 100000, 100000])", R"("array": {"dtype": "u8", "shape": "x"})",
                           R"("array": {"dtype": "u8", "shape": [1, 1, 1, 1, 1, 1, 1, 1, 8]})"}) {
    const std::string name = fmt::format("bad{}.slabpack", ++number);
    EXPECT_THAT(refusal_of(pack_of(name, fmt::format(R"({{"classes": [], {}}})", form))), HasSubstr(name)) << form;
  }
}

TEST_F(Packs, DamagedIndexIsNoticedWhereItIsUsed) {
  std::string bytes = contents(write("a.slabpack", 10));
  pack::Header header{};
  std::memcpy(&header, bytes.data(), sizeof header);
  bytes[header.entries_offset + 7] = 'x';  // the first entry's offset
  const Pack pack(folder_.write("b.slabpack", bytes).native());
  EXPECT_FALSE(pack.index().is_sound());
  Sample sample;
  EXPECT_THROW(pack.load(SampleId{0}, sample), SampleFailure);
  sample.reset();
  pack.load(SampleId{1}, sample);
}

}  // namespace
}  // namespace slabring
