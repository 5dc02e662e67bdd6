#include <algorithm>
#include <bit>
#include <cstring>
#include <sstream>
#include <vector>

#define XXH_INLINE_ALL
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <xxhash.h>

#include "folder.hpp"
#include "photo_files.hpp"
#include "run_program.hpp"
#include "slabring/loader.hpp"

namespace slabring::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Not;

/// The lines of `slabring digest`, over small crops of all photos in batches that do not come out even.
std::vector<std::string> digest(const std::vector<std::string>& more, const std::string& data = photos()) {
  std::vector<std::string> arguments{"digest", data, "--size", "24", "--batch", "7"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const Outcome outcome = slabring(arguments);
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  if (data == photos()) {
    EXPECT_THAT(outcome.err, IsEmpty());
  }
  std::vector<std::string> lines;
  std::istringstream text(outcome.out);
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}

const std::string& reference() {
  static const std::string total = digest({"--workers", "0", "--epochs", "2"}).at(0);
  return total;
}

class SameStream : public testing::TestWithParam<std::vector<std::string>> {};

TEST_P(SameStream, WhoeverDoesTheWork) {
  std::vector<std::string> arguments = GetParam();
  arguments.insert(arguments.end(), {"--epochs", "2"});
  EXPECT_THAT(digest(arguments), testing::ElementsAre(reference()));
}

TEST(Digest, DataMayBeNamedByItsKindOrAsAnOption) {
  const std::vector<std::string> small{"--size", "24", "--batch", "7", "--workers", "0", "--epochs", "2"};
  std::vector<std::string> as_option{"digest", "--dataset", "folder:" + photos()};
  as_option.insert(as_option.end(), small.begin(), small.end());
  EXPECT_EQ(slabring(as_option).out, reference() + "\n");
  EXPECT_THAT(slabring({"digest"}).err, HasSubstr("DATA is required"));
  EXPECT_THAT(slabring({"digest", "floppies:a"}).err, AllOf(HasSubstr("\"floppies\""), HasSubstr("folder")));
}

using Setting = std::vector<std::string>;
INSTANTIATE_TEST_SUITE_P(Workers, SameStream,
                         testing::Values(Setting{"--workers", "1"}, Setting{"--workers", "2"},
                                         Setting{"--workers", "5"}));
INSTANTIATE_TEST_SUITE_P(Start, SameStream,
                         testing::Values(Setting{"--workers", "2", "--start", "forkserver"},
                                         Setting{"--workers", "2", "--start", "spawn"},
                                         Setting{"--workers", "2", "--start", "fork"}));
INSTANTIATE_TEST_SUITE_P(JpegDecoder, SameStream,
                         testing::Values(Setting{"--workers", "0", "--jpeg-decoder", "libjpeg"},
                                         Setting{"--workers", "2", "--jpeg-decoder", "libjpeg"},
                                         Setting{"--workers", "2", "--jpeg-decoder", "native"}));
INSTANTIATE_TEST_SUITE_P(Prefetch, SameStream,
                         testing::Values(Setting{"--workers", "2", "--prefetch", "2"},
                                         Setting{"--workers", "2", "--prefetch", "8"}));

TEST(Digest, TotalLineHasHexImagesAndFaults) {
  EXPECT_THAT(reference(), MatchesRegex("total [0-9a-f]{32} images [0-9]+ faults 0"));
}

TEST(Digest, ChangesWithSeedEpochAndOrder) {
  const std::string base = digest({}).back();
  EXPECT_EQ(base, digest({"--seed", "0", "--epoch", "0", "--shuffle"}).back());
  EXPECT_NE(base, digest({"--seed", "1"}).back());
  EXPECT_NE(base, digest({"--epoch", "1"}).back());
  EXPECT_NE(base, digest({"--no-shuffle"}).back());
}

TEST(Digest, BatchesOfOneEpochAreThoseOfALongerRun) {
  const std::vector<std::string> both = digest({"--epochs", "2", "--batches"});
  const std::vector<std::string> second = digest({"--epoch", "1", "--batches"});
  ASSERT_EQ(both.size(), 2 * second.size() - 1);
  EXPECT_EQ(std::vector(both.begin() + static_cast<std::ptrdiff_t>(second.size()) - 1, both.end() - 1),
            std::vector(second.begin(), second.end() - 1));
  EXPECT_THAT(second.front(), MatchesRegex("batch 1 0 [0-9a-f]{32}"));
}

/// "ID STATUS HEX" of the rows that hold a sample, sorted.
std::vector<std::string> rows_of(const std::vector<std::string>& lines) {
  std::vector<std::string> rows;
  for (const std::string& line : lines) {
    std::istringstream words(line);
    std::string word, epoch, batch, row, id, status, hex;
    words >> word >> epoch >> batch >> row >> id >> status >> hex;
    if (word == "row" && id != "-") rows.push_back(id + ' ' + status + ' ' + hex);
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

TEST(Digest, RowsOfAllRanksAreThoseOfASingleOne) {
  const std::vector<std::string> single = rows_of(digest({"--rows"}));
  EXPECT_EQ(single.size(), ImageFolder(photos()).size());
  for (const int world : {1, 2, 3, 4, 8}) {
    std::vector<std::string> merged;
    for (int rank = 0; rank < world; ++rank) {
      const auto rows = rows_of(digest({"--rows", "--rank", fmt::to_string(rank), "--world", fmt::to_string(world),
                                        "--uneven", "exact", "--workers", "1"}));
      merged.insert(merged.end(), rows.begin(), rows.end());
    }
    std::sort(merged.begin(), merged.end());
    EXPECT_EQ(merged, single) << world;
  }
}

/// The documented bytes of a batch, put together in another way than the command does.
std::string stream_of(const Batch& batch) {
  std::string bytes(reinterpret_cast<const char*>(batch.images().data), batch.images().size_bytes());
  const auto append = [&bytes](auto value) {
    for (std::size_t i = 0; i != sizeof value; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xff);
  };
  for (const std::int64_t label : batch.labels()) append(static_cast<std::uint64_t>(label));
  for (const SampleId id : batch.ids()) append(to_index(id));
  for (const SampleStatus status : batch.statuses()) append(static_cast<std::uint32_t>(status));
  for (const std::int64_t label : batch.partner_labels()) append(static_cast<std::uint64_t>(label));
  for (const float lambda : batch.lambdas()) append(std::bit_cast<std::uint32_t>(lambda));
  return bytes;
}

TEST(Digest, TotalIsXxh3OfTheDocumentedBytes) {
  const ImageFolder dataset(photos());
  Loader loader(dataset, Pipeline::val(24, true), {.batch_size = 7, .dtype = DType::f32, .epochs = 1, .workers = 0});
  std::string stream;
  for (const Batch& batch : loader.epoch(0)) stream += stream_of(batch);
  const XXH128_hash_t hash = XXH3_128bits(stream.data(), stream.size());
  EXPECT_EQ(digest({"--pipeline", "val", "--dtype", "f32", "--workers", "1"}).back(),
            fmt::format("total {:016x}{:016x} images {} faults 0", hash.high64, hash.low64, dataset.size()));
}

TEST(Digest, HoldsTheSoftLabelsOfMixedBatches) {
  const Folder folder;
  const Pipeline pipeline({Resize(Size(24)), MixUp(10)});
  folder.write("mix.json", pipeline.to_json());
  const ImageFolder dataset(photos());
  Loader loader(dataset, pipeline, {.batch_size = 7, .epochs = 1, .workers = 0});
  std::string stream;
  for (const Batch& batch : loader.epoch(0)) {
    EXPECT_EQ(batch.lambdas().size(), batch.size());
    stream += stream_of(batch);
  }
  const XXH128_hash_t hash = XXH3_128bits(stream.data(), stream.size());
  const Outcome outcome =
      slabring({"digest", photos(), "--batch", "7", "--pipeline", folder / "mix.json", "--workers", "2"});
  EXPECT_THAT(outcome.out, HasSubstr(fmt::format("total {:016x}{:016x} ", hash.high64, hash.low64))) << outcome.err;
}

class BrokenSample : public testing::Test {
 protected:
  BrokenSample() {
    int number = 0;
    for (const std::string& file : photo_files(9)) {
      folder_.write(fmt::format("a/{}.jpg", number++), contents_of(file));
    }
    folder_.write("a/broken.jpg", "no JPEG");
  }
  Folder folder_;
};

TEST_F(BrokenSample, IsCountedWhenMasked) {
  const std::vector<std::string> lines = digest({"--on-error", "mask", "--workers", "2"}, folder_.path());
  EXPECT_THAT(lines.back(), HasSubstr(" images 10 faults 1"));
  EXPECT_EQ(lines, digest({"--on-error", "mask", "--workers", "0"}, folder_.path()));
}

TEST_F(BrokenSample, IsReplacedBySubstituteWithTheSameStreamWhateverTheWorkers) {
  const std::vector<std::string> lines = digest({"--on-error", "substitute", "--workers", "2"}, folder_.path());
  EXPECT_THAT(lines.back(), HasSubstr(" images 10 faults 1"));
  EXPECT_EQ(lines, digest({"--on-error", "substitute", "--workers", "0"}, folder_.path()));
  EXPECT_NE(lines, digest({"--on-error", "mask", "--workers", "0"}, folder_.path()));
}

TEST_F(BrokenSample, IsListedAtTheEndOfARunThatGoesOn) {
  const Outcome outcome = slabring({"digest", folder_.path(), "--size", "24", "--on-error", "mask", "--epochs", "3"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("a/broken.jpg\t9\tunknown_format\t"), Not(HasSubstr("\n\n"))));
  EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
}

TEST_F(BrokenSample, IsFailedWorkOtherwise) {
  const Outcome outcome = slabring({"digest", folder_.path(), "--size", "24", "--workers", "2"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("a/broken.jpg"), HasSubstr("unknown_format")));
  EXPECT_THAT(outcome.out, IsEmpty());
}

}  // namespace
}  // namespace slabring::test
