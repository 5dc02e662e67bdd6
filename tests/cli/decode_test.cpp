#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "folder.hpp"
#include "photo_files.hpp"
#include "run_program.hpp"

namespace slabring::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::StartsWith;
using testing::UnorderedElementsAre;

std::vector<std::string> operator+(std::vector<std::string> left, const std::vector<std::string>& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) names.push_back(entry.path().filename().string());
  return names;
}

class DecodeFormat : public testing::TestWithParam<std::string> {};

TEST_P(DecodeFormat, WritesThePixelsOfPillow) {
  const Folder folder;
  const std::vector<std::string> files = photo_files(60);
  const Outcome decoded =
      slabring(std::vector<std::string>{"decode", "--out", folder / "out", "--format", GetParam()} + files);
  ASSERT_EQ(decoded.status, 0) << decoded.err;
  EXPECT_EQ(decoded.out, "decoded 60 failed 0\n");
  EXPECT_THAT(decoded.err, IsEmpty());
  EXPECT_EQ(contents_of(folder / "out/errors.tsv"), "");

  const Outcome compared = run_program(
      SLABRING_PYTHON, std::vector<std::string>{SLABRING_COMPARE_WITH_PILLOW, folder / "out", GetParam()} + files);
  EXPECT_EQ(compared.status, 0) << compared.err;
  EXPECT_EQ(compared.out, "compared 60\n");
}

INSTANTIATE_TEST_SUITE_P(Decode, DecodeFormat, testing::Values("ppm", "npy"),
                         [](const auto& example) { return example.param; });

TEST(Decode, AnswersEveryFileOneWayOrTheOther) {
  const Folder folder;
  const std::string good = photo_files(1).front();
  const std::string bytes = contents_of(good);
  const std::string cut = folder.write("in/cut.jpg", bytes.substr(0, bytes.size() / 2));
  const std::string huge = folder.write("in/huge.jpg", with_frame_size(bytes, 65500, 65500));
  const std::string list = folder.write("list", cut + "\n" + good + "\n" + huge + "\n" + folder / "in/absent.jpg" +
                                                    "\n" + folder.write("in/empty.jpg", "") + "\n" +
                                                    folder.write("in/text.jpg", "not an image\n") + "\n");
  const Outcome outcome = slabring({"decode", "--out", folder / "out", "--list", list});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, "decoded 1 failed 5\n");
  EXPECT_THAT(names_in(folder / "out"),
              UnorderedElementsAre(fs::path(good).filename().string() + ".ppm", "errors.tsv"));

  std::vector<std::string> lines;
  std::ifstream errors(folder / "out/errors.tsv");
  for (std::string line; std::getline(errors, line);) lines.push_back(line);
  EXPECT_THAT(lines, ElementsAre(StartsWith(cut + "\ttruncated\t"), StartsWith(huge + "\ttoo_large\t"),
                                 StartsWith(folder / "in/absent.jpg" + "\topen_failed\t"),
                                 StartsWith(folder / "in/empty.jpg" + "\tempty\t"),
                                 StartsWith(folder / "in/text.jpg" + "\tunknown_format\t")));
  for (const std::string& line : lines) EXPECT_THAT(line, MatchesRegex("[^\t]+\t[a-z_]+\t[^\t]+"));
}

TEST(Decode, TabsInAPathDoNotBreakErrorsTsv) {
  const Folder folder;
  const std::string file = folder.write("a\tb.jpg", "text");
  ASSERT_EQ(slabring({"decode", "--out", folder / "out", file}).status, 0);
  EXPECT_THAT(contents_of(folder / "out/errors.tsv"), StartsWith(folder / "a b.jpg" + "\tunknown_format\t"));
}

TEST(Decode, RefusesTwoFilesThatWouldBeWrittenAsOne) {
  const Folder folder;
  const std::string first = folder.write("a/x.jpg", "1");
  const std::string second = folder.write("b/x.jpg", "2");
  const Outcome outcome = slabring({"decode", "--out", folder / "out", first, second});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr(first), HasSubstr(second)));
  EXPECT_FALSE(fs::exists(folder / "out"));
}

TEST(Decode, NeedsFilesOrAListAndNotBoth) {
  EXPECT_EQ(slabring({"decode", "--out", "out"}).status, 2);
  EXPECT_EQ(slabring({"decode", "--out", "out", "--list", "list", "file.jpg"}).status, 2);
  const Outcome outcome = slabring({"decode", "--out", "out", "--list", "no/such/list"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--list no/such/list"));
}

TEST(Decode, RefusesAnUnknownFormat) {
  const Outcome outcome = slabring({"decode", "--out", "out", "--format", "gif", "a.jpg"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("--format"), HasSubstr("gif"), HasSubstr("ppm")));
}

TEST(Decode, FolderThatCannotBeMadeIsFailedWork) {
  const Folder folder;
  const Outcome outcome = slabring({"decode", "--out", folder.write("file", "") + "/out", photo_files(1).front()});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr(folder / "file/out"));
}

TEST(Decode, RunsThePipelineOnEachFile) {
  const Folder folder;
  const std::string file = photo_files(1).front();
  const std::string pipeline = folder.write("p.json", R"({"transforms": [{"op": "Resize", "size": [30, 20]}]})");
  ASSERT_EQ(slabring({"decode", "--out", folder.path(), "--pipeline", pipeline, file}).status, 0);
  const std::string ppm = contents_of(folder / (fs::path(file).filename().string() + ".ppm"));
  EXPECT_THAT(ppm, StartsWith("P6\n20 30\n255\n"));
  EXPECT_EQ(ppm.size(), 13U + 3 * 20 * 30);
}

TEST(Decode, RefusesAPipelineWhoseResultIsNotEightBit) {
  const Folder folder;
  const std::string pipeline = folder.write("p.json", R"({"transforms": [{"op": "Resize", "size": [8, 8]},
                                   {"op": "Normalize", "mean": [0.5, 0.5, 0.5], "std": [1, 1, 1]}]})");
  const Outcome outcome = slabring({"decode", "--out", folder / "out", "--pipeline", pipeline, photo_files(1).front()});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("Normalize"));
}

TEST(Decode, RandomTransformsRepeatWithSeedEpochAndPosition) {
  const Folder folder;
  const std::string file = photo_files(1).front();
  const std::string name = fs::path(file).filename().string() + ".ppm";
  const auto pixels = [&](const std::string& out, const std::vector<std::string>& more) {
    const std::vector<std::string> common{"decode", "--out", folder / out, "--pipeline", "train", "--size", "32", file};
    EXPECT_EQ(slabring(common + more).status, 0);
    return contents_of(folder / out + "/" + name);
  };
  const std::string one = pixels("1", {"--seed", "3", "--epoch", "5"});
  EXPECT_EQ(one, pixels("2", {"--seed", "3", "--epoch", "5"}));
  EXPECT_NE(one, pixels("3", {"--seed", "4", "--epoch", "5"}));
  EXPECT_NE(one, pixels("4", {"--seed", "3", "--epoch", "6"}));
}

}  // namespace
}  // namespace slabring::test
