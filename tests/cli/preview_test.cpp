#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "contact_sheet.hpp"
#include "folder.hpp"
#include "photo_files.hpp"
#include "run_program.hpp"
#include "slabring/dataset.hpp"

namespace slabring::test {
namespace {

using cli::ContactSheet;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr int margin = 6;  // of the sheet, and between its images

/// A picture that `slabring decode` wrote as PPM.
struct Ppm {
  int width = 0;
  int height = 0;
  std::string pixels;

  explicit Ppm(const std::string& file) {
    const std::string bytes = contents_of(file);
    int used = 0;
    EXPECT_EQ(std::sscanf(bytes.c_str(), "P6\n%d %d\n255%n", &width, &height, &used), 2);
    pixels = bytes.substr(static_cast<std::size_t>(used) + 1);
  }
  std::string row(int x, int y, int columns) const {
    return pixels.substr(3 * static_cast<std::size_t>(y * width + x), 3 * static_cast<std::size_t>(columns));
  }
};

Ppm decoded(const Folder& folder, const std::string& file, const std::vector<std::string>& more = {}) {
  std::vector<std::string> arguments{"decode", "--out", folder.path(), file};
  arguments.insert(arguments.end(), more.begin(), more.end());
  EXPECT_EQ(slabring(arguments).status, 0);
  return Ppm(folder / (std::filesystem::path(file).filename().string() + ".ppm"));
}

TEST(Preview, ShowsTheImagesThatAreDelivered) {
  const Folder folder;
  const Outcome outcome =
      slabring({"preview", photos(), "--pipeline", "val", "--size", "48", "--count", "5", "--out", folder / "s.png"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, IsEmpty());
  const Ppm sheet = decoded(folder, folder / "s.png");
  EXPECT_EQ(sheet.width, margin + 3 * (48 + margin));  // five images: three columns, two lines
  const ImageFolder dataset(photos());
  for (const int position : {0, 1}) {
    const std::string file = dataset.describe(SampleId{static_cast<std::uint64_t>(position)});
    const Ppm image = decoded(folder, file, {"--pipeline", "val", "--size", "48"});
    for (int y = 0; y != 48; ++y) {
      ASSERT_EQ(sheet.row(margin + position * (48 + margin), margin + y, 48), image.row(0, y, 48)) << position;
    }
  }
}

TEST(Preview, ShowsAFailedSampleInsteadOfEnding) {
  const Folder folder;
  folder.write("data/a/broken.jpg", "text");
  folder.write("data/a/good.jpg", contents_of(photo_files(1).front()));
  const Outcome outcome = slabring({"preview", folder / "data", "--size", "32", "--out", folder / "s.png"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(contents_of(folder / "s.png"), StartsWith("\x89PNG"));
}

TEST(Preview, SheetThatCannotBeWrittenIsFailedWork) {
  const Outcome outcome = slabring({"preview", photos(), "--size", "32", "--out", "no/such/folder/s.png"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("no/such/folder/s.png"));
}

int inked_pixels(const ContactSheet& sheet, int left, int top, int right, int bottom) {
  const ImageView view = sheet.view();
  int count = 0;
  for (int y = top; y != bottom; ++y) {
    for (int x = left; x != right; ++x) count += view.row(y)[3 * x] > 200 ? 1 : 0;
  }
  return count;
}

class Caption : public testing::Test {
 protected:
  Caption() : sheet_(2, 60, 40) {}
  void place(const std::string& caption) { sheet_.place(0, {black_.data(), 60, 40, 3, 180}, caption); }
  int ink_below_image() const { return inked_pixels(sheet_, margin, margin + 40, margin + 60, sheet_.view().height); }
  int ink_elsewhere() const { return inked_pixels(sheet_, margin + 60, 0, sheet_.view().width, sheet_.view().height); }

  std::vector<std::uint8_t> black_ = std::vector<std::uint8_t>(60 * 40 * 3);
  ContactSheet sheet_;
};

TEST_F(Caption, IsDrawnBelowItsImage) {
  place("cat");
  EXPECT_GT(ink_below_image(), 50);
  EXPECT_EQ(ink_elsewhere(), 0);
}

TEST_F(Caption, TooLongIsCutAtTheEdgeOfItsImage) {
  place("a very long class name that does not fit below a picture of sixty pixels");
  EXPECT_GT(ink_below_image(), 100);
  EXPECT_EQ(ink_elsewhere(), 0);
}

TEST_F(Caption, OutsideAsciiIsDrawnAsQuestionMarks) {
  place(
      "Stra\xc3\x9f"
      "e\x01\xff");
  ContactSheet expected(2, 60, 40);
  expected.place(0, {black_.data(), 60, 40, 3, 180}, "Stra?e??");
  EXPECT_EQ(sheet_.png(), expected.png());
}

TEST_F(Caption, MayBeEmpty) {
  place("");
  EXPECT_EQ(ink_below_image(), 0);
}

TEST(ContactSheet, HasAsManyColumnsAsLinesOrOneMore) {
  EXPECT_EQ(ContactSheet(1, 8, 8).columns(), 1);
  EXPECT_EQ(ContactSheet(2, 8, 8).columns(), 2);
  EXPECT_EQ(ContactSheet(16, 8, 8).columns(), 4);
  EXPECT_EQ(ContactSheet(17, 8, 8).columns(), 5);
}

}  // namespace
}  // namespace slabring::test
