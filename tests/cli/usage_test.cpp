// The contract with scripts: exit statuses, which stream carries what, and sentences that name what is wrong.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>

#include "base/unique_fd.hpp"
#include "folder.hpp"
#include "run_program.hpp"

namespace slabring::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

TEST(Usage, NoCommandIsWrongUsage) {
  const Outcome outcome = slabring({});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("a command is required"), HasSubstr("--help")));
  EXPECT_THAT(outcome.out, IsEmpty());
}

TEST(Usage, UnknownCommandIsNamed) {
  const Outcome outcome = slabring({"frobnicate"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("frobnicate"));
}

TEST(Usage, VersionNamesLibjpegTurboAndFormats) {
  const Outcome outcome = slabring({"--version"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, AllOf(StartsWith("slabring "), HasSubstr("\nlibjpeg-turbo "), HasSubstr("\nformats JPEG ")));
  EXPECT_THAT(outcome.err, IsEmpty());
}

class Help : public testing::TestWithParam<const char*> {};

TEST_P(Help, IsAManualWithAnExampleOnStdout) {
  const Outcome outcome = slabring({GetParam(), "--help"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr(std::string("Usage: slabring ") + GetParam() + " "), HasSubstr("Example"),
                                 HasSubstr(std::string("\n  slabring ") + GetParam() + " ")));
  EXPECT_THAT(outcome.err, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(OfEachCommand, Help,
                         testing::Values("bench", "digest", "decode", "preview", "ops", "verify", "synth", "pack",
                                         "unpack"),
                         [](const auto& example) { return std::string(example.param); });

/// Arguments after `digest DATA`, and what the sentence must hold.
struct WrongUsage {
  const char* name;
  std::vector<std::string> arguments;
  std::vector<std::string> says;
};
void PrintTo(const WrongUsage& usage, std::ostream* out) {
  for (const std::string& argument : usage.arguments) *out << argument << ' ';
}

class Refused : public testing::TestWithParam<WrongUsage> {};

TEST_P(Refused, WithStatus2AndASentenceNamingOptionAndValue) {
  std::vector<std::string> arguments{"digest", photos()};
  arguments.insert(arguments.end(), GetParam().arguments.begin(), GetParam().arguments.end());
  const Outcome outcome = slabring(arguments);
  EXPECT_EQ(outcome.status, 2) << outcome.err;
  EXPECT_THAT(outcome.err, StartsWith("slabring digest: "));
  for (const std::string& words : GetParam().says) EXPECT_THAT(outcome.err, HasSubstr(words));
  EXPECT_THAT(outcome.out, IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(
    Digest, Refused,
    testing::Values(
        WrongUsage{"UnknownOption", {"--frob"}, {"--frob"}},
        WrongUsage{"BatchOfNone", {"--batch", "0"}, {"--batch", "0", "4096"}},
        WrongUsage{"BatchTooLarge", {"--batch", "4097"}, {"--batch", "4097", "4096"}},
        WrongUsage{"BatchOfLetters", {"--batch", "many"}, {"--batch", "many", "whole number"}},
        WrongUsage{"BatchBeyond64Bits", {"--batch", "99999999999999999999"}, {"--batch", "99999999999999999999"}},
        WrongUsage{"BatchWithoutValue", {"--batch"}, {"--batch"}},
        WrongUsage{"OneSlab", {"--prefetch", "1"}, {"--prefetch", "1", "2"}},
        WrongUsage{"TooManySlabs", {"--prefetch", "65"}, {"--prefetch", "65", "64"}},
        WrongUsage{"NegativeWorkers", {"--workers", "-3"}, {"--workers", "-3"}},
        WrongUsage{"UnknownStart", {"--start", "thread"}, {"--start", "thread", "forkserver, spawn, fork"}},
        WrongUsage{"UnknownDtype",
                   {"--dtype", "f128"},
                   {"--dtype", "f128", "u8, f16, f32, bf16, f64, i8, i16, i32, i64, u16, u32, u64"}},
        WrongUsage{"UnknownLayout", {"--layout", "chw"}, {"--layout", "chw", "nchw, nhwc"}},
        WrongUsage{"UnknownPolicy", {"--on-error", "ignore"}, {"--on-error", "ignore", "throw, mask, substitute"}},
        WrongUsage{"NoRanks", {"--rank", "0", "--world", "0"}, {"--world is 0", "from 1 to"}},
        WrongUsage{"RankBeyondTheWorld", {"--rank", "2", "--world", "2"}, {"--rank is 2", "world is 2", "here 1"}},
        WrongUsage{"NegativeRank", {"--rank", "-1", "--world", "2"}, {"--rank is -1"}},
        WrongUsage{"RankOfNoWorld", {"--rank", "1"}, {"--rank is 1", "world is not set"}},
        WrongUsage{"MeshOfAnotherWorld",
                   {"--rank", "0", "--world", "6", "--mesh", "data=4,model=2"},
                   {"--mesh is data=4,model=2", "world, which is 6"}},
        WrongUsage{"MeshWithoutNumbers", {"--mesh", "data"}, {"--mesh data", "NAME=NUMBER"}},
        WrongUsage{"MeshOfLetters", {"--rank", "0", "--world", "2", "--mesh", "data=x"}, {"--mesh", "'x'"}},
        WrongUsage{"UnknownSampler", {"--sampler", "best"}, {"--sampler best", "balanced"}},
        WrongUsage{"SamplerAndShuffle", {"--sampler", "random", "--shuffle"}, {"--sampler", "--shuffle"}},
        WrongUsage{"MissingSamplerFile", {"--sampler", "order:absent.txt"}, {"--sampler", "absent.txt"}},
        WrongUsage{"RepeatOfNothing", {"--repeat", "0"}, {"repeat(0)"}},
        WrongUsage{"UnknownUneven", {"--uneven", "skip"}, {"--uneven", "skip", "pad, drop, exact"}},
        WrongUsage{"NegativeSeed", {"--seed", "-1"}, {"--seed", "-1"}},
        WrongUsage{"NegativeTimeout", {"--timeout", "-1"}, {"--timeout", "-1"}},
        WrongUsage{"SizeOfNone", {"--size", "0"}, {"--size", "0"}},
        WrongUsage{"SizeWithoutUse", {"--pipeline", "none", "--size", "64"}, {"--size", "64", "none"}},
        WrongUsage{"NoEpochs", {"--epochs", "0"}, {"--epochs", "0"}},
        WrongUsage{
            "LastEpoch", {"--epoch", "18446744073709551615", "--epochs", "2"}, {"--epoch", "18446744073709551615"}},
        WrongUsage{"BothOrders", {"--shuffle", "--no-shuffle"}, {"--shuffle", "--no-shuffle"}},
        WrongUsage{"MissingPipelineFile", {"--pipeline", "absent.json"}, {"--pipeline", "absent.json", "train, val"}},
        WrongUsage{"PipelineIsAFolder", {"--pipeline", "/"}, {"--pipeline", "/"}}),
    [](const auto& example) { return std::string(example.param.name); });

TEST(PipelineFile, WithAnUnknownOpIsRefusedNamingFileOpAndWhatIsAllowed) {
  const Folder folder;
  const std::string file = folder.write("p.json", R"({"transforms": [{"op": "Resize", "size": 64}, {"op": "Swirl"}]})");
  const Outcome outcome = slabring({"digest", photos(), "--pipeline", file});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr(file), HasSubstr("Swirl"), HasSubstr("RandomResizedCrop")));
}

TEST(PipelineFile, ThatIsNoJsonIsRefused) {
  const Folder folder;
  const std::string file = folder.write("p.json", "Resize(256)");
  const Outcome outcome = slabring({"digest", photos(), "--pipeline", file});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr(file));
}

TEST(Bench, SweepWithAGapIsRefused) {
  const Outcome outcome = slabring({"bench", photos(), "--sweep", "1,,2"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, HasSubstr("--sweep"));
}

TEST(Bench, SweepAndWorkersAreRefusedTogether) {
  const Outcome outcome = slabring({"bench", photos(), "--sweep", "1,2", "--workers", "1"});
  EXPECT_EQ(outcome.status, 2);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("--sweep"), HasSubstr("--workers")));
}

TEST(Data, MissingFolderIsFailedWorkAndNamed) {
  const Outcome outcome = slabring({"digest", "no/such/folder"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, AllOf(StartsWith("slabring digest: "), HasSubstr("no/such/folder")));
}

TEST(Data, EmptyFolderIsFailedWorkAndNamed) {
  const Folder folder;
  const Outcome outcome = slabring({"verify", folder.path()});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr(folder.path()));
}

TEST(Data, RingLargerThanMemoryIsRefusedWithTheArithmetic) {
  const Outcome outcome =
      slabring({"digest", photos(), "--batch", "4096", "--prefetch", "64", "--size", "4000", "--dtype", "f32"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("4096"), HasSubstr("64"), HasSubstr("the machine leaves")));
}

TEST(StandardOutput, ThatIsFullIsFailedWork) {
  const UniqueFd full(open("/dev/full", O_WRONLY | O_CLOEXEC));
  const Outcome outcome = slabring({"digest", photos(), "--workers", "0", "--size", "8"}, full.get());
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, HasSubstr("No space left"));
}

TEST(StandardOutput, ThatNobodyReadsEndsTheCommandWithoutAWord) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const UniqueFd write_end(ends[1]);
  close(ends[0]);
  const Outcome outcome = slabring({"digest", photos(), "--workers", "1", "--size", "8"}, write_end.get());
  EXPECT_EQ(outcome.status, 128 + SIGPIPE);
  EXPECT_THAT(outcome.err, IsEmpty());
}

}  // namespace
}  // namespace slabring::test
