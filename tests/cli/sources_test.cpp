// The same images in the same order from every kind of source: one stream, whoever does the work.
#include "slabring/sources.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "folder.hpp"
#include "photo_files.hpp"
#include "run_program.hpp"
#include "support/npy_file.hpp"
#include "support/published_files.hpp"

namespace slabring::test {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

/// Every source, written once for all tests; indexes are kept in a folder of their own.
class AllSources : public Folder {
 public:
  AllSources() {
    setenv("SLABRING_CACHE", (*this / "cache").c_str(), 1);  // NOLINT(concurrency-mt-unsafe): before any thread
    const Outcome written =
        run_program(SLABRING_PYTHON, {SLABRING_WRITE_SOURCES, photos(), path(), SLABRING_WRITE_TFRECORD});
    EXPECT_EQ(written.status, 0) << written.err;
    const Outcome packed = slabring({"pack", photos(), *this / "photos.slabpack"});
    EXPECT_EQ(packed.status, 0) << packed.err;
    EXPECT_THAT(packed.out, HasSubstr("packed 60 bytes"));
  }
};

const AllSources& all_sources() {
  static const AllSources sources;
  return sources;
}

std::string total(const std::string& source, const std::vector<std::string>& more) {
  std::vector<std::string> arguments{"digest", source, "--size", "24", "--batch", "7", "--epochs", "2"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const Outcome outcome = slabring(arguments);
  EXPECT_EQ(outcome.status, 0) << source << ": " << outcome.err;
  return outcome.out;
}

bool is_read(std::string_view kind) {
  if (kind == "lmdb" && !fs::exists(all_sources() / "photos.lmdb")) return false;  // no python3-lmdb
  if (kind == "hdf5" && !fs::exists(all_sources() / "rows.h5")) return false;      // no python3-h5py
  for (const SourceKindInfo& info : source_kinds()) {
    if (info.name == kind) return info.lacking.empty();
  }
  return false;
}

struct NamedSource {
  const char* kind;
  const char* name;
  const char* form = "";  ///< where a kind has several
};
void PrintTo(const NamedSource& source, std::ostream* out) { *out << source.kind; }

/// A folder of HDF5 files looks like one of images.
std::string named(const NamedSource& source) {
  const std::string path = all_sources() / source.name;
  return fs::is_directory(path) ? fmt::format("{}:{}", source.kind, path) : path;
}

class EverySource : public testing::TestWithParam<NamedSource> {};

TEST_P(EverySource, GivesTheStreamOfTheFolder) {
  if (!is_read(GetParam().kind)) GTEST_SKIP() << "this build does not read " << GetParam().kind;
  const std::string source = named(GetParam());
  const std::string expected = total(photos(), {"--workers", "0"});
  EXPECT_THAT(expected, HasSubstr("faults 0"));
  EXPECT_EQ(total(source, {"--workers", "0"}), expected);
  for (const char* start : {"forkserver", "spawn", "fork"}) {
    EXPECT_EQ(total(source, {"--workers", "2", "--start", start}), expected) << start;
  }
  const std::string said = fmt::format("{}:{}", GetParam().kind, all_sources() / GetParam().name);
  EXPECT_EQ(total(said, {"--workers", "1"}), expected);
}

TEST_P(EverySource, IsPackedToTheSameStream) {
  if (!is_read(GetParam().kind)) GTEST_SKIP() << "this build does not read " << GetParam().kind;
  const Folder folder;
  const Outcome packed = slabring({"pack", named(GetParam()), folder / "again.slabpack"});
  ASSERT_EQ(packed.status, 0) << packed.err;
  EXPECT_EQ(total(folder / "again.slabpack", {"--workers", "1"}), total(photos(), {"--workers", "0"}));
}

/// A copy of the source in `folder`, as it is named there.
std::string copied(const NamedSource& source, const Folder& folder) {
  const std::string name(source.name);
  for (const auto& entry : fs::directory_iterator(all_sources().path())) {
    const std::string file = entry.path().filename();
    if (file.substr(0, file.find_first_of("-.")) != name.substr(0, name.find_first_of("-.?"))) continue;
    fs::copy(entry.path(), folder / file, fs::copy_options::recursive);
  }
  const std::string path = folder / name;
  return fs::is_directory(path) ? fmt::format("{}:{}", source.kind, path) : path;
}

/// The lines that say what became of each row.
std::vector<std::string> rows_of(const std::string& source, const std::vector<std::string>& more) {
  std::vector<std::string> arguments{"digest", source,         "--size", "24",         "--batch",
                                     "7",      "--no-shuffle", "--rows", "--on-error", "mask"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  std::vector<std::string> rows;
  std::istringstream lines(slabring(arguments).out);
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("row ")) rows.push_back(line);
  }
  return rows;
}

/// Those in which the bytes of a sample stand as they are in its file.
class EveryFileOfSamples : public EverySource {};

TEST_P(EveryFileOfSamples, LosesNothingButTheSampleThatIsBroken) {
  if (!is_read(GetParam().kind)) GTEST_SKIP() << "this build does not read " << GetParam().kind;
  const Folder folder;
  const std::string source = copied(GetParam(), folder);
  const std::size_t colon = source.starts_with('/') ? 0 : source.find(':') + 1;
  const Outcome broken =
      run_program(SLABRING_PYTHON, {SLABRING_BREAK_SAMPLE, source.substr(colon), photo_files(20).back()});
  ASSERT_EQ(broken.status, 0) << broken.err;
  const auto expected = rows_of(photos(), {"--workers", "0"});
  ASSERT_EQ(expected.size(), 60U);
  for (const std::vector<std::string>& how :
       {std::vector<std::string>{"--workers", "0"}, {"--workers", "2", "--start", "forkserver"}}) {
    const auto rows = rows_of(source, how);
    ASSERT_EQ(rows.size(), 60U) << source;
    for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(rows[i] == expected[i], i != 19) << rows[i];
  }
  const Outcome stopped = slabring({"digest", source, "--size", "24", "--workers", "1"});
  EXPECT_EQ(stopped.status, 1);
}

constexpr NamedSource files_of_samples[] = {
    {"tar", "photos-{0..1}.tar"},        {"pack", "photos.slabpack"},
    {"tfrecord", "photos.tfrecord"},     {"sqlite", "photos.sqlite?query=SELECT id, image, label FROM images"},
    {"lmdb", "photos.lmdb?value=datum"}, {"hdf5", "hdf5", "_values"}};
/// Images beside it; images that are compressed once more.
constexpr NamedSource others[] = {{"manifest", "photos.csv"}, {"hdf5", "rows.h5?dataset=jpegs&lengths=bytes", "_rows"}};

std::string name_of(const testing::TestParamInfo<NamedSource>& example) {
  return fmt::format("{}{}", example.param.kind, example.param.form);
}

INSTANTIATE_TEST_SUITE_P(Files, EverySource, testing::ValuesIn(files_of_samples), name_of);
INSTANTIATE_TEST_SUITE_P(Others, EverySource, testing::ValuesIn(others), name_of);
INSTANTIATE_TEST_SUITE_P(Kinds, EveryFileOfSamples, testing::ValuesIn(files_of_samples), name_of);

TEST(Unpack, GivesTheBytesNamesAndClassesBack) {
  const Folder folder;
  const Outcome outcome = slabring({"unpack", all_sources() / "photos.slabpack", folder / "out"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("unpacked 60 bytes"));
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(photos())) {
    if (!entry.is_regular_file()) continue;
    const fs::path again = fs::path(folder / "out") / fs::relative(entry.path(), photos());
    EXPECT_EQ(contents_of(again), contents_of(entry.path())) << again;
    ++files;
  }
  EXPECT_EQ(files, 60U);
  const std::string expected = total(photos(), {"--workers", "0"});
  EXPECT_EQ(total(folder / "out/manifest.csv", {"--workers", "1"}), expected);
  EXPECT_EQ(total(folder / "out", {"--workers", "1"}), expected)
      << "the manifest is no image, and the folders are those";
  EXPECT_EQ(slabring({"unpack", all_sources() / "photos.slabpack", folder / "out"}).status, 2);
}

/// A total of a source whose samples are pixels or arrays.
std::string plain_total(const std::string& source, const std::vector<std::string>& how) {
  std::vector<std::string> arguments{"digest", source, "--workers", "1", "--batch", "7"};
  arguments.insert(arguments.end(), how.begin(), how.end());
  const Outcome outcome = slabring(arguments);
  EXPECT_EQ(outcome.status, 0) << source << ": " << outcome.err;
  return outcome.out;
}

TEST(Pack, OfPixelsGivesTheSameStreamAndTheBytesBack) {
  const Folder folder;
  std::string pixels;
  for (int i = 0; i < 20 * 12 * 10; ++i) pixels += static_cast<char>(i * 7 % 251);
  folder.write("mnist/train-images-idx3-ubyte", idx_file({20, 12, 10}, pixels));
  folder.write("mnist/train-labels-idx1-ubyte", idx_file({20}, "01234567890123456789"));
  ASSERT_THAT(slabring({"pack", folder / "mnist", folder / "m.slabpack"}).out, HasSubstr("packed 20 bytes 2400 "));
  for (const std::vector<std::string>& how :
       {std::vector<std::string>{"--pipeline", "none", "--dtype", "f32"}, {"--size", "8", "--epochs", "2"}}) {
    EXPECT_EQ(plain_total(folder / "m.slabpack", how), plain_total(folder / "mnist", how));
  }
  ASSERT_EQ(slabring({"unpack", folder / "m.slabpack", folder / "out"}).status, 0);
  EXPECT_THAT(contents_of(folder / "out/samples.npy"), testing::EndsWith(pixels));
  const std::string unpacked = folder / "out/samples.npy?labels=" + folder.path() + "/out/labels.npy";
  EXPECT_EQ(plain_total(unpacked, {"--size", "8"}), plain_total(folder / "mnist", {"--size", "8"}));
}

TEST(Pack, OfArraysGivesTheSameStreamAndTheBytesBack) {
  const Folder folder;
  std::string elements;
  for (int i = 0; i < 30 * 6 * 4; ++i) elements += static_cast<char>(i * 11 % 120);
  folder.write("x.npy", npy_file("<f4", "(30, 2, 3)", elements));
  folder.write("y.npy", npy_file("|u1", "(30,)", std::string(30, '\5')));
  const std::string source = folder / "x.npy?labels=" + folder.path() + "/y.npy";
  ASSERT_THAT(slabring({"pack", source, folder / "x.slabpack"}).out, HasSubstr("packed 30 bytes 720 "));
  const std::vector<std::string> how{"--pipeline", "none", "--shuffle"};
  EXPECT_EQ(plain_total(folder / "x.slabpack", how), plain_total(source, how));
  ASSERT_EQ(slabring({"unpack", folder / "x.slabpack", folder / "out"}).status, 0);
  EXPECT_THAT(contents_of(folder / "out/samples.npy"), testing::EndsWith(elements));
  EXPECT_EQ(plain_total(folder / "out/samples.npy?labels=" + folder.path() + "/out/labels.npy", how),
            plain_total(source, how));
  EXPECT_EQ(slabring({"pack", source, folder / "z.slabpack", "--max-side", "9"}).status, 2);
  EXPECT_FALSE(fs::exists(folder / "z.slabpack.part"));
}

TEST(Digest, OfSamplesWithMoreArraysHoldsThem) {
  const Folder folder;
  folder.write("x.npy", npy_file("|u1", "(30, 6)", std::string(180, '\1')));
  folder.write("y.npy", npy_file("|u1", "(30,)", std::string(30, '\5')));
  std::string mask(60, '\2');
  folder.write("mask.npy", npy_file("|u1", "(30, 2)", mask));
  mask.back() = '\3';
  folder.write("other.npy", npy_file("|u1", "(30, 2)", mask));
  const std::string plain = folder / "x.npy?labels=" + folder.path() + "/y.npy";
  const auto with = [&](const std::string& name) { return plain + "&arrays=" + folder.path() + "/" + name; };
  const std::vector<std::string> how{"--pipeline", "none", "--shuffle"};
  const std::string expected = plain_total(with("mask.npy"), how);
  EXPECT_NE(expected, plain_total(plain, how));
  EXPECT_NE(expected, plain_total(with("other.npy"), how)) << "one byte of one sample";
  for (const char* start : {"forkserver", "spawn", "fork"}) {
    EXPECT_EQ(plain_total(with("mask.npy"), {"--pipeline", "none", "--shuffle", "--start", start}), expected) << start;
  }
}

TEST(Pack, OfSamplesWithMoreArraysIsRefused) {
  const Folder folder;
  folder.write("x.npy", npy_file("|u1", "(3, 2)", std::string(6, '\1')));
  folder.write("mask.npy", npy_file("|u1", "(3, 2)", std::string(6, '\2')));
  const Outcome outcome =
      slabring({"pack", folder / "x.npy?arrays=" + folder.path() + "/mask.npy", folder / "x.slabpack"});
  EXPECT_NE(outcome.status, 0);
  EXPECT_THAT(outcome.err, HasSubstr("arrays"));
  EXPECT_FALSE(fs::exists(folder / "x.slabpack.part"));
}

TEST(Pack, MakesLargeImagesSmaller) {
  const Folder folder;
  const Outcome outcome =
      slabring({"pack", photos(), folder / "small.slabpack", "--max-side", "40", "--quality", "80"});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_LT(fs::file_size(folder / "small.slabpack"), fs::file_size(all_sources() / "photos.slabpack"));
  const Outcome verified = slabring({"verify", folder / "small.slabpack"});
  EXPECT_EQ(verified.status, 0) << verified.out;
  EXPECT_THAT(verified.out, AllOf(HasSubstr("below 0.1 MP"), HasSubstr("\ntotal ")));
  EXPECT_EQ(slabring({"pack", photos(), folder / "x.slabpack", "--max-side", "0"}).status, 2);
}

TEST(Pack, InTilesGivesTheStreamOfTheFolder) {
  const Folder folder;
  const std::string pack = folder / "tiled.slabpack";
  const Outcome outcome = slabring({"pack", "--tile", photos(), pack});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("tiled "), HasSubstr(" percent "), HasSubstr(" images/s "),
                                 HasSubstr("\npacked 60 bytes")));
  for (const char* pipeline : {"train", "val"}) {
    const std::string expected = total(photos(), {"--workers", "0", "--pipeline", pipeline});
    for (const char* decoder : {"native", "libjpeg"}) {
      EXPECT_EQ(total(pack, {"--workers", "0", "--pipeline", pipeline, "--jpeg-decoder", decoder}), expected)
          << pipeline << " " << decoder;
    }
    for (const char* start : {"forkserver", "spawn", "fork"}) {
      EXPECT_EQ(total(pack, {"--workers", "2", "--pipeline", pipeline, "--start", start}), expected) << start;
    }
  }
  EXPECT_EQ(slabring({"verify", pack}).status, slabring({"verify", photos()}).status);
}

TEST(Pack, InTilesOfSmallerImagesGivesTheStreamOfThose) {
  const Folder folder;
  const std::vector<std::string> smaller{"--max-side", "200", "--quality", "80"};
  const auto pack = [&](const std::string& name, std::vector<std::string> words) {
    words.insert(words.begin(), {"pack", photos(), folder / name});
    words.insert(words.end(), smaller.begin(), smaller.end());
    return slabring(words);
  };
  ASSERT_EQ(pack("small.slabpack", {}).status, 0);
  const Outcome outcome = pack("tiled.slabpack", {"--tile"});
  EXPECT_THAT(outcome.out, HasSubstr("tiled 50 of 60")) << outcome.err;
  EXPECT_EQ(total(folder / "tiled.slabpack", {"--workers", "2"}), total(folder / "small.slabpack", {"--workers", "0"}));
}

TEST(Unpack, OfAPackInTilesGivesJpegsThatAnybodyReads) {
  const Folder folder;
  ASSERT_EQ(slabring({"pack", "--tile", photos(), folder / "tiled.slabpack"}).status, 0);
  ASSERT_EQ(slabring({"unpack", folder / "tiled.slabpack", folder / "out"}).status, 0);
  const std::string expected = total(photos(), {"--workers", "0"});
  EXPECT_EQ(total(folder / "out", {"--workers", "0", "--jpeg-decoder", "libjpeg"}), expected);
}

TEST(Pack, StopsAtABrokenSampleAndGoesOnWithTheOthersWhenTold) {
  const Folder folder;
  const std::string photo = contents_of(photo_files(1).front());
  folder.write("data/a/1.jpg", photo);
  folder.write("data/a/2.jpg", "");
  folder.write("data/b/3.jpg", photo);
  const Outcome stopped = slabring({"pack", folder / "data", folder / "p.slabpack"});
  EXPECT_EQ(stopped.status, 1);
  EXPECT_THAT(stopped.err, AllOf(HasSubstr("2.jpg"), HasSubstr("empty"), HasSubstr("--skip-broken")));
  EXPECT_FALSE(fs::exists(folder / "p.slabpack"));
  const Outcome half = slabring({"digest", folder / "p.slabpack.part"});
  EXPECT_EQ(half.status, 1);
  EXPECT_THAT(half.err, HasSubstr("half a pack"));

  folder.write("data/a/2.jpg", photo);
  const Outcome mended = slabring({"pack", folder / "data", folder / "p.slabpack"});
  EXPECT_THAT(mended.out, HasSubstr("packed 3 ")) << mended.err;
  folder.write("data/a/2.jpg", "");
  const Outcome skipped = slabring({"pack", folder / "data", folder / "q.slabpack", "--skip-broken"});
  EXPECT_THAT(skipped.out, AllOf(HasSubstr("packed 2 "), HasSubstr("skipped 1")));
  EXPECT_THAT(skipped.err, HasSubstr("2.jpg"));
}

}  // namespace
}  // namespace slabring::test
