#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "folder.hpp"
#include "photo_files.hpp"
#include "run_program.hpp"

namespace slabring::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string total(const std::string& data, const std::vector<std::string>& more = {},
                  const std::string& workers = "1") {
  std::vector<std::string> arguments{"digest", data, "--size", "24", "--batch", "7", "--workers", workers};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const Outcome outcome = slabring(arguments);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  return outcome.out;
}

std::string refusal_of(const std::vector<std::string>& more, int status) {
  std::vector<std::string> arguments{"digest", photos()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const Outcome outcome = slabring(arguments);
  EXPECT_EQ(outcome.status, status) << outcome.err;
  return outcome.err;
}

TEST(Combinations, PartsPutTogetherAgainGiveTheStreamOfTheWhole) {
  const std::string halves = fmt::format("concat:[subset:[{0}]?to=25],[subset:[{0}]?from=25]", photos());
  const std::string expected = total(photos());
  for (const char* start : {"forkserver", "spawn", "fork"}) {
    EXPECT_EQ(total(halves, {"--start", start}, "2"), expected) << start;
  }
  EXPECT_EQ(total(halves, {}, "0"), expected);
}

TEST(Combinations, OptionsAndSourcesNameTheSamePart) {
  EXPECT_EQ(total(photos(), {"--subset", "10:20"}), total("subset:[" + photos() + "]?from=10&to=20"));
  EXPECT_EQ(total(photos(), {"--subset", ":20"}), total("subset:[" + photos() + "]?to=20"));
  const std::string train = total(photos(), {"--split", "train:0.75,seed=2,stratified"});
  EXPECT_EQ(train, total("split:[" + photos() + "]?part=train&fraction=0.75&seed=2&stratified=yes"));
  EXPECT_THAT(train, HasSubstr(" images 45 "));
  EXPECT_THAT(total(photos(), {"--split", "val:0.25,seed=2,stratified"}), HasSubstr(" images 15 "));
}

TEST(Combinations, FiltersAreTheSameByOptionSourceAndStartMethod) {
  const std::string expected = total("filter:[" + photos() + "]?label=1,2&name!=*0.*");
  EXPECT_THAT(expected, AllOf(HasSubstr(" images 27 "), HasSubstr(" faults 0")));
  for (const char* start : {"forkserver", "spawn", "fork"}) {
    EXPECT_EQ(total(photos(), {"--filter", "label=1..2", "--filter", "name!=*0.*", "--start", start}, "2"), expected);
  }
  EXPECT_EQ(total(photos(), {"--filter", "label!=0,3&name!=*0.*"}, "0"), expected);
}

TEST(Combinations, RelabelledSamplesAreTheSameByOptionSourceAndStartMethod) {
  const std::string expected = total("relabel:[" + photos() + "]?label=1..3:0");
  EXPECT_NE(expected, total(photos()));
  for (const char* start : {"forkserver", "spawn", "fork"}) {
    EXPECT_EQ(total(photos(), {"--relabel", "class=class?:photo", "--start", start}, "2"), expected) << start;
  }
}

TEST(Combinations, CachesAreAnOptionToo) {
  const std::string expected = total(photos(), {"--epochs", "2"});
  EXPECT_EQ(total(photos(), {"--epochs", "2", "--cache", "4M"}, "2"), expected);
  EXPECT_EQ(total(photos(), {"--epochs", "2", "--cache", "4M,decoded"}, "2"), expected);
  EXPECT_EQ(total(photos(), {"--epochs", "2", "--cache", "4M", "--subset", "5:30"}, "2"),
            total(photos(), {"--epochs", "2", "--subset", "5:30"}));
}

TEST(Combinations, ArePackedAsTheyAreRead) {
  const Folder folder;
  const Outcome packed = slabring({"pack", photos(), folder / "some.slabpack", "--subset", "5:15"});
  EXPECT_THAT(packed.out, HasSubstr("packed 10 ")) << packed.err;
  EXPECT_EQ(total(folder / "some.slabpack"), total(photos(), {"--subset", "5:15"}));
}

TEST(Combinations, CachesChangeNothingThatIsDelivered) {
  const std::string expected = total(photos(), {"--epochs", "3"});
  for (const char* cache : {"4M", "4M&of=decoded", "200K&of=decoded"}) {
    for (const char* start : {"forkserver", "spawn", "fork"}) {
      EXPECT_EQ(total(fmt::format("cache:[{}]?bytes={}", photos(), cache), {"--epochs", "3", "--start", start}, "2"),
                expected)
          << cache << " " << start;
    }
  }
}

TEST(Combinations, MixturesAreTheSameWhateverTheWorkers) {
  const std::string mixture =
      fmt::format("mixture:[{0}],[subset:[{0}]?to=5]?weights=3,1&seed=9&draws=100000000", photos());
  const std::string expected = total(mixture, {"--no-shuffle", "--repeat", "50", "--epochs", "2"});
  EXPECT_THAT(expected, HasSubstr(" images 100 faults 0"));
  EXPECT_EQ(total(mixture, {"--no-shuffle", "--repeat", "50", "--epochs", "2"}, "0"), expected);
}

TEST(Combinations, WrongOptionsAreNamedWithTheirValue) {
  EXPECT_THAT(refusal_of({"--subset", "10"}, 2), HasSubstr("--subset 10: must be FROM:TO"));
  EXPECT_THAT(refusal_of({"--subset", "10:61"}, 2), AllOf(HasSubstr("--subset 10:61"), HasSubstr("at most 60")));
  EXPECT_THAT(refusal_of({"--filter", "label=x"}, 2), HasSubstr("--filter label=x: \"x\" names no label"));
  EXPECT_THAT(refusal_of({"--filter", "class=x"}, 1), HasSubstr("--filter class=x: no class is like \"x\""));
  EXPECT_THAT(refusal_of({"--filter", "label=9"}, 1), HasSubstr("none of the 60 samples"));
  EXPECT_THAT(refusal_of({"--relabel", "class=x"}, 2), HasSubstr("--relabel class=x: \"x\" relabels nothing"));
  EXPECT_THAT(refusal_of({"--cache", "much"}, 2), HasSubstr("--cache much: the limit of a cache is \"much\""));
  EXPECT_THAT(refusal_of({"--cache", "4M,all"}, 2), HasSubstr("--cache 4M,all: a cache keeps \"all\""));
  EXPECT_THAT(refusal_of({"--split", "test:0.5"}, 2), HasSubstr("--split test:0.5: must be train:FRACTION"));
  EXPECT_THAT(refusal_of({"--split", "val:1.5"}, 2), HasSubstr("--split val:1.5"));
  EXPECT_THAT(refusal_of({"--split", "val:0.5,often"}, 2), HasSubstr("--split val:0.5,often"));
}

}  // namespace
}  // namespace slabring::test
