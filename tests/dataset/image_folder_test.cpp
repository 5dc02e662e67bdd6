#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "slabring/dataset.hpp"
#include "slabring/error.hpp"
#include "support/temporary_folder.hpp"

namespace slabring {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

/// "label path", the path relative to the root, for every sample.
std::vector<std::string> listing(const ImageFolder& folder) {
  std::vector<std::string> lines;
  Sample sample;
  for (std::uint64_t i = 0; i < folder.size(); ++i) {
    sample.reset();
    folder.load(SampleId{i}, sample);
    EXPECT_EQ(sample.source(), Sample::Source::file);
    EXPECT_EQ(sample.label(), folder.label(SampleId{i}));
    lines.push_back(std::to_string(sample.label()) + ' ' + sample.path().substr(folder.root().native().size() + 1));
  }
  return lines;
}

std::string refusal_of(const fs::path& root, const ImageFolderOptions& options = {},
                       ErrorCode code = ErrorCode::dataset) {
  try {
    const ImageFolder folder(root, options);
    return "not refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code);
    return error.what();
  }
}

TEST(ImageFolder, ClassesAreSortedSubFoldersAndSamplesSortedFiles) {
  const test::TemporaryFolder tree;
  for (const char* name : {"dog/b.jpg", "dog/a.jpg", "cat/10.png", "cat/9.png", "Zebra/z.webp", ".hidden/h.bmp"})
    tree.write(name);
  tree.write("loose.jpg");  // not in a class: ignored, as torchvision does
  const ImageFolder folder(tree.path());
  EXPECT_THAT(folder.classes(), ElementsAre(".hidden", "Zebra", "cat", "dog"));
  EXPECT_THAT(listing(folder), ElementsAre("0 .hidden/h.bmp", "1 Zebra/z.webp", "2 cat/10.png", "2 cat/9.png",
                                           "3 dog/a.jpg", "3 dog/b.jpg"));
}

TEST(ImageFolder, NestedFoldersAreSortedByTheirWholePath) {
  const test::TemporaryFolder tree;
  for (const char* name : {"c/z.jpg", "c/a/b/1.jpg", "c/a/2.jpg", "c/a-b/3.jpg", "c/a/b-/4.jpg"}) tree.write(name);
  EXPECT_THAT(listing(ImageFolder(tree.path())),
              ElementsAre("0 c/z.jpg", "0 c/a/2.jpg", "0 c/a-b/3.jpg", "0 c/a/b/1.jpg", "0 c/a/b-/4.jpg"));
}

TEST(ImageFolder, EndingsAreComparedWithoutCase) {
  const test::TemporaryFolder tree;
  for (const char* name : {"c/1.JPG", "c/2.Jpeg", "c/3.txt", "c/4.jpg.txt", "c/.jpg", "c/jpg", "c/5.TIFF"})
    tree.write(name);
  EXPECT_THAT(listing(ImageFolder(tree.path())), ElementsAre("0 c/.jpg", "0 c/1.JPG", "0 c/2.Jpeg", "0 c/5.TIFF"));
  EXPECT_THAT(listing(ImageFolder(tree.path(), {.extensions = {".TXT"}})), ElementsAre("0 c/3.txt", "0 c/4.jpg.txt"));
}

TEST(ImageFolder, FlatFolderHasNoLabels) {
  const test::TemporaryFolder tree;
  for (const char* name : {"b.jpg", "a.png", "readme.txt"}) tree.write(name);
  const ImageFolder folder(tree.path());
  EXPECT_TRUE(folder.classes().empty());
  EXPECT_THAT(listing(folder), ElementsAre("-1 a.png", "-1 b.jpg"));
}

TEST(ImageFolder, LinksAreFollowedAndDanglingOnesCounted) {
  const test::TemporaryFolder elsewhere;
  elsewhere.write("pictures/1.jpg");
  elsewhere.write("one.jpg");
  const test::TemporaryFolder tree;
  tree.write("a/0.jpg");
  fs::create_directory_symlink(elsewhere.path() / "pictures", tree.path() / "linked-class");
  fs::create_directory_symlink(elsewhere.path() / "pictures", tree.path() / "a/more");
  fs::create_directory_symlink(elsewhere.path() / "pictures", tree.path() / "a/folder.jpg");
  fs::create_symlink(elsewhere.path() / "one.jpg", tree.path() / "a/link.jpg");
  fs::create_symlink("/nowhere", tree.path() / "a/gone.jpg");
  fs::create_symlink("/nowhere", tree.path() / "gone-class");
  const ImageFolder folder(tree.path());
  EXPECT_THAT(folder.classes(), ElementsAre("a", "linked-class"));
  EXPECT_THAT(listing(folder), ElementsAre("0 a/0.jpg", "0 a/gone.jpg", "0 a/link.jpg", "0 a/folder.jpg/1.jpg",
                                           "0 a/more/1.jpg", "1 linked-class/1.jpg"));
}

TEST(ImageFolder, ReadRootsAreTheFolderAndWhereLinksLeadOutOfIt) {
  const test::TemporaryFolder elsewhere;
  elsewhere.write("pictures/1.jpg");
  elsewhere.write("single/one.jpg");
  elsewhere.write("single/two.jpg");
  const test::TemporaryFolder tree;
  tree.write("a/0.jpg");
  fs::create_directory_symlink(elsewhere.path() / "pictures", tree.path() / "linked");
  fs::create_symlink(elsewhere.path() / "single/one.jpg", tree.path() / "a/1.jpg");
  fs::create_symlink(elsewhere.path() / "single/two.jpg", tree.path() / "a/2.jpg");
  fs::create_symlink("0.jpg", tree.path() / "a/within.jpg");
  const auto real = [](const fs::path& path) { return fs::canonical(path).string(); };
  EXPECT_THAT(ImageFolder(tree.path()).read_roots(),
              testing::UnorderedElementsAre(real(tree.path()), real(elsewhere.path() / "pictures"),
                                            real(elsewhere.path() / "single")));
}

TEST(ImageFolder, LinksToMoreFoldersThanCanBeListedOpenEverything) {
  const test::TemporaryFolder elsewhere;
  const test::TemporaryFolder tree;
  for (int i = 0; i < 70; ++i) {
    const fs::path file = elsewhere.write(std::to_string(i) + "/image.jpg");
    fs::create_directories(tree.path() / "a");
    fs::create_symlink(file, tree.path() / "a" / (std::to_string(i) + ".jpg"));
  }
  EXPECT_THAT(ImageFolder(tree.path()).read_roots(), ElementsAre("/"));
}

TEST(ImageFolder, SameFolderLinkedTwiceIsNoCycle) {
  const test::TemporaryFolder tree;
  tree.write("a/x/1.jpg");
  fs::create_directory_symlink("x", tree.path() / "a/y");
  EXPECT_THAT(listing(ImageFolder(tree.path())), ElementsAre("0 a/x/1.jpg", "0 a/y/1.jpg"));
}

TEST(ImageFolder, CycleOfLinksIsRefusedWithBothEnds) {
  const test::TemporaryFolder tree;
  tree.write("a/b/1.jpg");
  fs::create_directory_symlink("..", tree.path() / "a/b/up");
  EXPECT_THAT(refusal_of(tree.path()), AllOf(HasSubstr("a/b/up is a link back"), HasSubstr("/a, in which")));

  const test::TemporaryFolder self;
  self.write("a/1.jpg");
  fs::create_directory_symlink(self.path(), self.path() / "b");
  EXPECT_THAT(refusal_of(self.path()), HasSubstr("link back"));
}

TEST(ImageFolder, RootMayBeRelativeOrEndInASlash) {
  const test::TemporaryFolder tree;
  tree.write("c/1.jpg");
  const ImageFolder slashed(tree.path().native() + "/");
  EXPECT_EQ(slashed.root(), tree.path());
  EXPECT_EQ(slashed.describe(SampleId{0}), (tree.path() / "c/1.jpg").native());

  const ImageFolder relative(fs::relative(tree.path()));
  EXPECT_TRUE(relative.root().is_absolute());
  EXPECT_TRUE(fs::exists(relative.describe(SampleId{0})));
}

TEST(ImageFolder, LoadingDoesNotAllocateOnceTheSampleHasGrown) {
  const test::TemporaryFolder tree;
  tree.write("class-with-a-long-name/file-with-a-long-name-1.jpg");
  tree.write("class-with-a-long-name/file-with-a-long-name-2.jpg");
  const ImageFolder folder(tree.path());
  Sample sample;
  folder.load(SampleId{0}, sample);
  const char* room = sample.path().data();
  sample.reset();
  folder.load(SampleId{1}, sample);
  EXPECT_EQ(sample.path().data(), room);
}

TEST(ImageFolder, StaysUsableWhenMoved) {
  const test::TemporaryFolder tree;
  tree.write("c/1.jpg");
  ImageFolder first(tree.path());
  const ImageFolder second(std::move(first));
  EXPECT_THAT(listing(second), ElementsAre("0 c/1.jpg"));
}

TEST(ImageFolder, WillNeedOfAnySampleIsHarmless) {
  const test::TemporaryFolder tree;
  tree.write("c/1.jpg", "content");
  fs::create_symlink("/nowhere", tree.path() / "c/2.jpg");
  const ImageFolder folder(tree.path());
  folder.will_need(SampleId{0});
  folder.will_need(SampleId{1});
}

// ---- refusals ----

TEST(ImageFolderRefuses, WhatIsNoFolder) {
  const test::TemporaryFolder tree;
  tree.write("file.jpg");
  EXPECT_THAT(refusal_of(tree.path() / "absent"), AllOf(HasSubstr("no folder"), HasSubstr("absent")));
  EXPECT_THAT(refusal_of(tree.path() / "file.jpg"), AllOf(HasSubstr("file.jpg is a file")));
  EXPECT_THAT(refusal_of(""), HasSubstr("empty path"));
}

TEST(ImageFolderRefuses, WhatHoldsNoImage) {
  const test::TemporaryFolder tree;
  EXPECT_THAT(refusal_of(tree.path()), AllOf(HasSubstr(tree.path().native()), HasSubstr(".jpg, .jpeg")));
  tree.write("notes.txt");
  EXPECT_THAT(refusal_of(tree.path()), HasSubstr("holds neither"));
}

TEST(ImageFolderRefuses, ClassesWithoutImagesNamingFive) {
  const test::TemporaryFolder tree;
  tree.write("full/1.jpg");
  tree.write("c1/notes.txt");
  fs::create_directories(tree.path() / "c2/nested/empty");
  EXPECT_THAT(refusal_of(tree.path()), AllOf(HasSubstr("classes c1, c2;"), Not(HasSubstr("full"))));
  for (const char* name : {"c3", "c4", "c5", "c6", "c7"}) fs::create_directory(tree.path() / name);
  EXPECT_THAT(refusal_of(tree.path()), HasSubstr("classes c1, c2, c3, c4, c5 and 2 more;"));
}

TEST(ImageFolderRefuses, NoExtensions) {
  const test::TemporaryFolder tree;
  EXPECT_THAT(refusal_of(tree.path(), {.extensions = {}}, ErrorCode::invalid_argument), HasSubstr("extensions"));
}

/// Root may list every folder, so the test is somebody else for a while.
class AsNobody {
 public:
  AsNobody() : was_(::geteuid()) { is_nobody_ = was_ != 0 || ::seteuid(65534) == 0; }
  ~AsNobody() { EXPECT_EQ(::seteuid(was_), 0); }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;
  explicit operator bool() const noexcept { return is_nobody_; }

 private:
  uid_t was_;
  bool is_nobody_;
};

TEST(ImageFolderRefuses, UnreadableFolderInsteadOfSkippingIt) {
  const test::TemporaryFolder tree;
  tree.write("a/1.jpg");
  tree.write("a/locked/2.jpg");
  fs::permissions(tree.path(), fs::perms(0755));
  fs::permissions(tree.path() / "a/locked", fs::perms::none);
  {
    const AsNobody nobody;
    if (!nobody) GTEST_SKIP() << "cannot give up root's rights here";
    EXPECT_THAT(refusal_of(tree.path()), AllOf(HasSubstr("a/locked"), HasSubstr("Permission denied")));
  }
  fs::permissions(tree.path() / "a/locked", fs::perms(0755));
}

}  // namespace
}  // namespace slabring
