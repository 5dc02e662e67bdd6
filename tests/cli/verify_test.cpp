#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include <map>

#include "folder.hpp"
#include "photo_files.hpp"
#include "run_program.hpp"

namespace slabring::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

TEST(Verify, ReadableSetIsDoneWithStatus0) {
  const Outcome outcome = slabring({"verify", photos()});
  EXPECT_EQ(outcome.status, 0) << outcome.out;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("\nJPEG "), HasSubstr("\nPNG "), HasSubstr("\ntotal ")));
  EXPECT_THAT(outcome.err, IsEmpty());
}

class BrokenFiles : public testing::Test {
 protected:
  BrokenFiles() {
    const std::string photo = contents_of(photo_files(1).front());
    folder_.write("a/good.jpg", photo);
    folder_.write("a/cut.jpg", photo.substr(0, photo.size() / 2));
    folder_.write("a/empty.jpg", "");
    folder_.write("a/huge.jpg", with_frame_size(photo, 65500, 65500));
    folder_.write("a/text.jpg", "This is not an image.");
    // Deleted after the folder was listed, as far as the reader can tell.
    std::filesystem::create_symlink("nowhere", folder_ / "a/gone.jpg");
    // Opening a pipe for reading waits for a writer, unless the reader takes care.
    if (mkfifo((folder_ / "a/pipe.jpg").c_str(), 0600) != 0) throw std::runtime_error("mkfifo");
  }
  Folder folder_;
};

TEST_F(BrokenFiles, AreListedWithTheirReasons) {
  const Outcome outcome = slabring({"verify", folder_.path(), "--json"});
  EXPECT_EQ(outcome.status, 1) << outcome.err;
  const nlohmann::json report = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(report.at("files"), 7);
  EXPECT_EQ(report.at("failed"), 6);
  std::map<std::string, std::string> codes;
  for (const nlohmann::json& failure : report.at("failures")) {
    codes[std::filesystem::path(failure.at("path")).filename().string()] = failure.at("code");
    EXPECT_NE(failure.at("message"), "");
  }
  EXPECT_THAT(codes, ElementsAre(Pair("cut.jpg", "truncated"), Pair("empty.jpg", "empty"),
                                 Pair("gone.jpg", "open_failed"), Pair("huge.jpg", "too_large"),
                                 Pair("pipe.jpg", "open_failed"), Pair("text.jpg", "unknown_format")));
  EXPECT_EQ(report.at("formats").at("JPEG"), (nlohmann::json{{"files", 2}, {"failed", 1}}));
  EXPECT_EQ(report.at("formats").at("unknown"), (nlohmann::json{{"files", 5}, {"failed", 5}}));
}

TEST_F(BrokenFiles, AreLinesOfThreeFieldsWithoutJson) {
  const Outcome outcome = slabring({"verify", folder_.path()});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.out, HasSubstr("a/cut.jpg\ttruncated\t"));
  EXPECT_THAT(outcome.out, HasSubstr("a/text.jpg\tunknown_format\t"));
}

TEST(Verify, NoticesAFileCutAnywhere) {
  const Folder folder;
  const std::string photo = contents_of(photo_files(1).front());
  constexpr std::size_t cuts = 20;
  for (std::size_t cut = 0; cut != cuts; ++cut) {
    folder.write("a/" + std::to_string(cut) + ".jpg", photo.substr(0, 2 + (photo.size() - 34) * cut / (cuts - 1)));
  }
  const Outcome outcome = slabring({"verify", folder.path(), "--json"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_EQ(nlohmann::json::parse(outcome.out).at("failed"), cuts) << outcome.out;
}

}  // namespace
}  // namespace slabring::test
