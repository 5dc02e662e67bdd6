// Files that h5py wrote, read by slabring.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "dataset/open_dataset.hpp"
#include "slabring/error.hpp"
#include "slabring/loader.hpp"
#include "slabring/sources.hpp"
#include "support/loaded_samples.hpp"
#include "support/source_refusal.hpp"
#include "support/stream_digest.hpp"
#include "support/temporary_folder.hpp"

namespace slabring {
namespace {

using test::contents;
using test::loaded;
using test::refusal_of;
using test::stream;
using testing::AllOf;
using testing::HasSubstr;

namespace fs = std::filesystem;

const std::string cases = HDF5_CASES;

void expect_same(const Dataset& one, const Dataset& other) {
  ASSERT_EQ(one.size(), other.size());
  ASSERT_EQ(one.sample_array(), other.sample_array());
  for (std::uint64_t id = 0; id < one.size(); ++id) {
    Sample a;
    Sample b;
    one.load(SampleId{id}, a);
    other.load(SampleId{id}, b);
    ASSERT_EQ(std::memcmp(a.array().data, b.array().data, a.array().size_bytes()), 0) << id;
  }
}

class EveryLayout : public testing::TestWithParam<const char*> {};

TEST_P(EveryLayout, HasTheValuesThatWereWritten) {
  const std::string name = fmt::format("{}/{}", cases, GetParam());
  const bool inner = std::string_view(GetParam()) == "inner";
  expect_same(*open_source(name + ".h5" + (inner ? "?dataset=group/values" : "")), *open_source(name + ".npy"));
}

INSTANTIATE_TEST_SUITE_P(, EveryLayout,
                         testing::Values("contiguous", "chunked", "split", "gzip", "gzip_shuffle", "shuffle",
                                         "automatic", "vector", "halves", "bool", "integers", "inner", "unwritten"),
                         [](const auto& instance) { return std::string(instance.param); });

TEST(Hdf5, LabelsAreFoundNamedOrLeftOut) {
  const auto label = [](const std::string& options) {
    Sample sample;
    open_source(cases + "/contiguous.h5" + options)->load(SampleId{40}, sample);
    return sample.label();
  };
  Sample expected;
  open_source(cases + "/contiguous-labels.npy?labels=" + cases + "/contiguous-labels.npy")
      ->load(SampleId{40}, expected);
  EXPECT_EQ(label(""), expected.label());
  EXPECT_EQ(label("?labels=labels"), expected.label());
  EXPECT_EQ(label("?labels=none"), -1);
}

TEST(Hdf5, SeveralFilesAreOneStreamFromFileToFile) {
  const auto parts = open_source("hdf5:" + cases + "/parts");
  expect_same(*parts, *open_source(cases + "/contiguous.npy"));
  EXPECT_THAT(parts->describe(SampleId{41}), testing::EndsWith("2.h5[0]"));
  const auto whole = open_source(cases + "/contiguous.h5");
  const auto digests = [](const Dataset& dataset) {
    Loader loader(dataset, {}, {.batch_size = 16, .workers = 0});
    return stream(loader, 1);
  };
  EXPECT_EQ(digests(*parts), digests(*whole));
}

TEST(Hdf5, EveryStartMethodDeliversTheSame) {
  for (const char* name : {"contiguous.h5", "gzip_shuffle.h5", "parts"}) {
    const auto dataset = open_source(fmt::format("hdf5:{}/{}", cases, name));
    const auto digests = [&](int workers, StartMethod method) {
      Loader loader(*dataset, {Standardize()},
                    {.batch_size = 16, .shuffle = true, .workers = workers, .start_method = method});
      return stream(loader, 2);
    };
    const auto expected = digests(0, StartMethod::fork);
    for (const StartMethod method : {StartMethod::forkserver, StartMethod::spawn, StartMethod::fork}) {
      EXPECT_EQ(digests(2, method), expected) << name << " " << to_string(method);
    }
  }
}

TEST(Hdf5, WhatIsNotReadIsRefusedWithFileAndDataset) {
  const auto refusal = [](const std::string& name) { return refusal_of(cases + "/" + name); };
  EXPECT_THAT(refusal("big_endian.h5"),
              AllOf(HasSubstr("big_endian.h5: dataset \"data\""), HasSubstr("little-endian")));
  EXPECT_THAT(refusal("lzf.h5"), HasSubstr("lzf"));
  EXPECT_THAT(refusal("words.h5"), HasSubstr("integers or floats"));
  EXPECT_THAT(refusal("few_labels.h5"), AllOf(HasSubstr("\"labels\""), HasSubstr("[50]"), HasSubstr("103")));
  EXPECT_THAT(refusal("block.h5"), HasSubstr("user block"));
  EXPECT_THAT(refusal("filled.h5"), HasSubstr("fill value"));
  EXPECT_THAT(refusal("empty.h5"), AllOf(HasSubstr("?dataset=NAME"), HasSubstr("something")));
  EXPECT_THAT(refusal("contiguous.h5?dataset=absent"), AllOf(HasSubstr("\"absent\""), HasSubstr("data, labels")));
  EXPECT_THAT(refusal_of("hdf5:" + cases + "/contiguous.npy"), HasSubstr("cannot be opened as HDF5"));
  EXPECT_THAT(refusal("missing.h5"), HasSubstr("missing.h5"));
}

/// "LABEL=" and the bytes of every image file that hdf5_cases.py wrote.
std::string written_values(std::size_t most) {
  std::ifstream lines(cases + "/values.txt");
  std::string text;
  for (std::string line; std::getline(lines, line);) {
    const std::size_t value = line.find('=') + 1;
    text += value == line.size() ? "empty" : line.substr(0, value + most);
    text += '\n';
  }
  return text;
}

/// What is empty is a fault, in whatever words.
std::string contents_without_reasons(const Dataset& dataset) {
  std::string text;
  for (std::uint64_t i = 0; i < dataset.size(); ++i) {
    const std::string sample = loaded(dataset, i);
    text += sample.starts_with("empty: ") ? "empty" : sample;
    text += '\n';
  }
  return text;
}

class EncodedRows : public testing::TestWithParam<const char*> {};

TEST_P(EncodedRows, AreTheBytesThatWereWritten) {
  const test::TemporaryFolder cache;
  const std::string file = fmt::format("{}/{}.h5", cases, GetParam());
  const bool rows = std::string_view(GetParam()).starts_with("rows");
  const auto open = [&] {
    return open_source(file + (rows ? "?lengths=lengths" : ""), {.cache_folder = cache.path()});
  };
  const std::string expected = written_values(rows ? 240 : 9000);
  const auto dataset = open();
  EXPECT_FALSE(dataset->sample_array());
  EXPECT_EQ(contents_without_reasons(*dataset), expected);
  EXPECT_EQ(contents_without_reasons(*open()), expected) << "with the index that was kept";
  EXPECT_EQ(contents_without_reasons(*open_dataset(*dataset->recipe())), expected);
  EXPECT_EQ(dataset->describe(SampleId{7}), file + "[7]");
}

INSTANTIATE_TEST_SUITE_P(, EncodedRows, testing::Values("values", "values_gzip", "rows", "rows_gzip"),
                         [](const auto& instance) { return std::string(instance.param); });

TEST(Hdf5, RowsOfImageFilesMayHaveNoLengths) {
  const auto dataset = open_source(cases + "/rows.h5?encoded=yes");
  EXPECT_EQ(loaded(*dataset, 1).size(), loaded(*dataset, 2).size()) << "whole rows";
  EXPECT_TRUE(open_source(cases + "/rows.h5")->sample_array()) << "nobody said that these are images";
}

TEST(Hdf5, LengthsOutsideOfTheRowsAreFaultsOfTheirSamples) {
  const auto dataset = open_source(cases + "/rows.h5?lengths=wrong");
  EXPECT_THAT(loaded(*dataset, 0), AllOf(HasSubstr("corrupt"), HasSubstr("241"), HasSubstr("240")));
  EXPECT_THAT(loaded(*dataset, 1), AllOf(HasSubstr("corrupt"), HasSubstr("-1")));
  EXPECT_THAT(loaded(*dataset, 2), HasSubstr("=CCC"));
}

TEST(Hdf5, WhatIsNoImageFileIsRefusedWhereOneIsAskedFor) {
  const auto refusal = [](const std::string& name) { return refusal_of(cases + "/" + name); };
  EXPECT_THAT(refusal("contiguous.h5?encoded=yes"), AllOf(HasSubstr("f32 [103, 5, 7]"), HasSubstr("rows of uint8")));
  EXPECT_THAT(refusal("contiguous.h5?lengths=labels"), HasSubstr("rows of uint8"));
  EXPECT_THAT(refusal("rows.h5?lengths=absent"), AllOf(HasSubstr("rows.h5"), HasSubstr("\"absent\"")));
  EXPECT_THAT(refusal("rows.h5?lengths=x"), AllOf(HasSubstr("[103, 240]"), HasSubstr("lengths")));
  EXPECT_THAT(refusal("values.h5?lengths=label"), HasSubstr("needs no lengths"));
  EXPECT_THAT(refusal("ragged.h5"), HasSubstr("variable length that are no bytes"));
  EXPECT_THAT(refusal("table.h5"), HasSubstr("must have one axis"));
  EXPECT_THROW(open_source(cases + "/rows.h5?encoded=perhaps"), Error);
}

class ChangedReference : public testing::Test {
 protected:
  /// values.h5 with one byte of the reference to sample 50 changed.
  std::string change(std::size_t at, char value) {
    std::ifstream in(cases + "/values.h5", std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(in), {}};
    const std::string expected = number(9000);  // the lengths, as hdf5_cases.py writes them
    const std::string next = number(51 % 7 * 40);
    for (std::size_t i = 0; i + 20 < bytes.size(); ++i) {
      if (bytes.compare(i, 4, expected) != 0 || bytes.compare(i + 16, 4, next) != 0) continue;
      bytes[i + at] = value;
      return folder_.write("changed.h5", bytes).native();
    }
    ADD_FAILURE() << "no reference";
    return {};
  }
  std::unique_ptr<Dataset> open(const std::string& path) { return open_source(path, {.keep_index = false}); }

  test::TemporaryFolder folder_;

 private:
  static std::string number(std::uint64_t value) {
    return {static_cast<char>(value & 0xff), static_cast<char>(value >> 8), '\0', '\0'};
  }
};

TEST_F(ChangedReference, ToNoObjectIsAFaultOfItsSample) {
  const auto whole = open(cases + "/values.h5");
  for (const auto& [at, value] : {std::pair{4, '\x01'}, {9, '\x7f'}, {12, '\x7f'}, {1, '\x7f'}}) {
    const auto dataset = open(change(static_cast<std::size_t>(at), value));
    EXPECT_THAT(loaded(*dataset, 50), AllOf(HasSubstr("corrupt"), HasSubstr("no object"))) << at;
    EXPECT_EQ(loaded(*dataset, 51), loaded(*whole, 51));
  }
}

TEST(Hdf5, ImageFilesOfAFileThatIsCutOffOrChangedAreRefusedOrFaults) {
  const test::TemporaryFolder folder;
  const fs::path file = folder.path() / "a.h5";
  fs::copy(cases + "/values.h5", file);
  const auto dataset = open_source(file.native(), {.cache_folder = folder.path() / "cache"});
  fs::resize_file(file, fs::file_size(file) / 2);
  EXPECT_THAT(loaded(*dataset, 1), HasSubstr("changed"));
  EXPECT_THAT(refusal_of(file.native()), HasSubstr("a.h5"));
  fs::copy(cases + "/rows.h5", file, fs::copy_options::overwrite_existing);
  const auto again = open_source(file.native(), {.cache_folder = folder.path() / "cache"});
  EXPECT_TRUE(again->sample_array()) << "with an index that is older than the file";
}

TEST(Hdf5, FilesOfDifferentSamplesAreRefusedWithBothShapes) {
  const test::TemporaryFolder folder;
  fs::copy(cases + "/contiguous.h5", folder.path() / "a.h5");
  fs::copy(cases + "/other_shape.h5", folder.path() / "b.h5");
  EXPECT_THAT(refusal_of("hdf5:" + folder.path().native()), AllOf(HasSubstr("[5, 7]"), HasSubstr("[5, 8]")));
}

TEST(Hdf5, FilesThatAreCutOffOrChangedAreRefused) {
  const test::TemporaryFolder folder;
  const fs::path file = folder.path() / "a.h5";
  fs::copy(cases + "/contiguous.h5", file);
  const auto indexed = open_source(file.native());
  const DatasetRecipe recipe = *indexed->recipe();
  fs::resize_file(file, fs::file_size(file) / 2);
  EXPECT_THAT(refusal_of(file.native()), HasSubstr("a.h5"));
  try {
    open_dataset(recipe);
    FAIL() << "not refused";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("changed since it was indexed"));
  }
}

TEST(Hdf5, DamagedChunksAreFaultsOfTheirSamples) {
  const test::TemporaryFolder folder;
  const fs::path file = folder.path() / "a.h5";
  fs::copy(cases + "/gzip.h5", file);
  {
    std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(static_cast<std::streamoff>(fs::file_size(file)) - 2000);
    for (int i = 0; i < 200; ++i) bytes.put('x');
  }
  const auto dataset = open_source(file.native());
  Loader loader(*dataset, {}, {.batch_size = 57, .on_error = OnError::mask, .workers = 1});
  loader.epoch(0);
  const Batch batch = loader.next();
  const std::vector<SampleFault> faults = batch.faults();
  ASSERT_FALSE(faults.empty());
  EXPECT_LT(faults.size(), 57U);
  for (const SampleFault& fault : faults) {
    EXPECT_EQ(fault.status, SampleStatus::corrupt);
    EXPECT_THAT(fault.message, HasSubstr("gzip data of its chunk"));
  }
}

TEST(Hdf5, MalformedRecipesAreRefused) {
  const auto dataset = open_source(cases + "/chunked.h5");
  DatasetRecipe recipe = *dataset->recipe();
  const std::string sound = recipe.config;
  const auto changed = [&](const std::string& from, const std::string& to) {
    std::string config = sound;
    const std::size_t at = config.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return config.replace(at, from.size(), to);
  };
  for (const std::string& config :
       {std::string("{}"), changed("\"dtype\":2", "\"dtype\":99"), changed("[10,5,7]", "[10,5]"),
        changed("[10,5,7]", "[1,5,7]"), changed("[10,5,7]", "[-10,5,7]"), changed("[10,5,7]", "[1000000000,5,7]"),
        changed("\"samples\":103", "\"samples\":99999"), changed("\"first_chunk\":0", "\"first_chunk\":99")}) {
    recipe.config = config;
    EXPECT_THROW(open_dataset(recipe), Error) << config;
  }
}

}  // namespace
}  // namespace slabring
