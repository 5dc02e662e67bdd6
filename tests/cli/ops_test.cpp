#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstring>
#include <set>

#include "augment/images.hpp"
#include "augment/op_json.hpp"
#include "augment/parameters.hpp"
#include "folder.hpp"
#include "op_examples.hpp"
#include "op_sheet.hpp"
#include "photo_files.hpp"
#include "run_program.hpp"

namespace slabring::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

TEST(Ops, ListsEachTransformWithItsParametersAndDefaults) {
  const Outcome outcome = slabring({"ops"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(static_cast<std::size_t>(std::count(outcome.out.begin(), outcome.out.end(), '\n')), list_ops().size());
  EXPECT_THAT(outcome.out, StartsWith("Resize size [max_size] interpolation=bilinear\nCenterCrop size\n"));
  EXPECT_THAT(outcome.out,
              AllOf(HasSubstr("\nRandomHorizontalFlip p=0.5\n"), HasSubstr("\nMixUp num_classes alpha=1.0\n"),
                    HasSubstr("\nRandomErasing p=0.5 scale=[0.02,0.33] ratio=[0.3,3.3] value=[0.0]\n")));
}

TEST(Ops, JsonHasThemInOneObject) {
  const Outcome outcome = slabring({"ops", "--json"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const auto ops = nlohmann::json::parse(outcome.out).at("ops");
  ASSERT_EQ(ops.size(), list_ops().size());
  EXPECT_EQ(ops[0].dump(),
            R"({"op":"Resize","parameters":[{"name":"size","required":true},{"default":null,"name":"max_size",)"
            R"("required":false},{"default":"bilinear","name":"interpolation","required":false}]})");
}

TEST(Ops, DefaultsAreThoseOfAnOpWithoutTheKey) {
  for (const OpListing& op : list_ops()) {
    if (std::any_of(op.parameters.begin(), op.parameters.end(), [](const auto& p) { return p.required; })) continue;
    nlohmann::json all{{"op", op.name}};
    for (const OpParameter& parameter : op.parameters) {
      if (!parameter.fallback.is_null()) all[std::string(parameter.name)] = parameter.fallback;
    }
    const Transform written = read_transform(all, "");
    const Transform bare = read_transform({{"op", op.name}}, "");
    EXPECT_EQ(transform_json(written, "0"), transform_json(bare, "0"));
  }
}

TEST(Ops, EveryTransformOfTheListIsOnTheSheet) {
  std::set<std::string> shown;
  for (const cli::OpExample& example : cli::op_examples())
    shown.insert(example.caption.substr(0, example.caption.find(' ')));
  for (const OpListing& op : list_ops()) {
    if (op.name == "Plugin") continue;  // is whatever its author makes it
    EXPECT_EQ(shown.count(std::string(op.name)), 1U) << op.name;
  }
}

TEST(Ops, EveryExampleChangesTheImage) {
  Image image = noise(240, 180, 3);
  for (std::uint8_t& byte : image.bytes)
    byte = static_cast<std::uint8_t>(40 + byte / 2);  // autocontrast has work to do
  const cli::ContactSheet sheet = cli::draw_op_sheet(image.view(), 0);
  const ImageView view = sheet.view();
  constexpr int gap = 6;
  constexpr int cell_width = 240;
  const int cell_height = (view.height - gap) / 6 - gap;
  const auto same_as_first = [&](int position) {
    const int x = gap + position % sheet.columns() * (cell_width + gap);
    const int y = gap + position / sheet.columns() * (cell_height + gap);
    for (int row = 0; row < 180; ++row) {
      if (std::memcmp(view.row(y + row) + 3 * x, view.row(gap + row) + 3 * gap, 3 * cell_width) != 0) return false;
    }
    return true;
  };
  const std::vector<cli::OpExample> examples = cli::op_examples();
  ASSERT_EQ(sheet.columns(), 6);
  for (std::size_t i = 0; i < examples.size(); ++i) {
    EXPECT_FALSE(same_as_first(static_cast<int>(i) + 1)) << examples[i].caption;
  }
}

TEST(Ops, SheetIsAPngOfAGeneratedOrAGivenImage) {
  const Folder folder;
  const Outcome generated = slabring({"ops", "--sheet", folder / "a.png"});
  EXPECT_EQ(generated.status, 0) << generated.err;
  EXPECT_THAT(generated.out, IsEmpty());
  const Outcome given = slabring({"ops", "--sheet", folder / "b.png", "--image", photo_files(1).front()});
  EXPECT_EQ(given.status, 0) << given.err;
  EXPECT_THAT(contents_of(folder / "a.png"), StartsWith("\x89PNG"));
  EXPECT_THAT(contents_of(folder / "b.png"), AllOf(StartsWith("\x89PNG"), Not(contents_of(folder / "a.png"))));
}

TEST(Ops, WrongUsageIsNamed) {
  const Outcome alone = slabring({"ops", "--image", "a.jpg"});
  EXPECT_EQ(alone.status, 2);
  EXPECT_THAT(alone.err, HasSubstr("--image a.jpg: has no meaning without --sheet"));
  EXPECT_EQ(slabring({"ops", "--json", "--sheet", "x.png"}).status, 2);
}

TEST(Ops, ImageThatCannotBeReadIsFailedWork) {
  const Folder folder;
  const Outcome outcome = slabring({"ops", "--sheet", folder / "a.png", "--image", "no/such.jpg"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("--image no/such.jpg: "));
}

}  // namespace
}  // namespace slabring::test
