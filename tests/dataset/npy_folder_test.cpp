#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "slabring/error.hpp"
#include "slabring/loader.hpp"
#include "slabring/sources.hpp"
#include "support/npy_file.hpp"
#include "support/stream_digest.hpp"
#include "support/temporary_folder.hpp"

namespace slabring {
namespace {

using test::npy_file;
using test::stream;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::string vector_file(float first, std::size_t length = 5) {
  std::vector<float> values;
  for (std::size_t k = 0; k < length; ++k) values.push_back(first + static_cast<float>(k));
  return npy_file("<f4", fmt::format("({},)", length), test::bytes_of(std::span<const float>(values)));
}

void write_vectors(const test::TemporaryFolder& folder) {
  for (int i = 0; i < 12; ++i) {
    folder.write(fmt::format("{}/{:02}.npy", i % 2 == 0 ? "even" : "odd", i), vector_file(static_cast<float>(10 * i)));
  }
}

TEST(NpyFolder, SamplesAndLabelsAreThoseOfAnImageFolder) {
  const test::TemporaryFolder folder;
  write_vectors(folder);
  const auto dataset = open_source("npy:" + folder.path().native());
  EXPECT_EQ(dataset->size(), 12U);
  EXPECT_THAT(dataset->classes(), ElementsAre("even", "odd"));
  EXPECT_EQ(dataset->sample_array(), (ArrayForm{DType::f32, {5}}));
  Loader loader(*dataset, {}, {.batch_size = 12, .workers = 0});
  loader.epoch(0);
  const Batch batch = loader.next();
  EXPECT_THAT(batch.images().shape, ElementsAre(12, 5));
  EXPECT_EQ(batch.images().as<float>()[7 * 5 + 2], 32.0F);  // odd/03.npy
  EXPECT_EQ(batch.labels()[7], 1);
  EXPECT_THAT(dataset->describe(SampleId{7}), testing::EndsWith("odd/03.npy"));
}

TEST(NpyFolder, EveryStartMethodDeliversTheSame) {
  const test::TemporaryFolder folder;
  write_vectors(folder);
  const auto dataset = open_source("npy:" + folder.path().native());
  const auto digests = [&](int workers, StartMethod method) {
    Loader loader(*dataset, {Standardize()},
                  {.batch_size = 5, .shuffle = true, .workers = workers, .start_method = method});
    return stream(loader, 2);
  };
  const auto expected = digests(0, StartMethod::fork);
  for (const StartMethod method : {StartMethod::forkserver, StartMethod::spawn, StartMethod::fork}) {
    EXPECT_EQ(digests(2, method), expected) << to_string(method);
  }
}

TEST(NpyFolder, BrokenFilesAreFaultsOfTheirSamples) {
  const test::TemporaryFolder folder;
  write_vectors(folder);
  folder.write("even/00.npy", "broken from the first on");
  folder.write("odd/01.npy", vector_file(1.0F, 6));
  folder.write("odd/03.npy", vector_file(1.0F).substr(0, 140));
  folder.write("odd/05.npy", npy_file("<f8", "(5,)", std::string(40, '\0')));
  const auto dataset = open_source("npy:" + folder.path().native());
  Loader loader(*dataset, {}, {.batch_size = 12, .on_error = OnError::mask, .workers = 1});
  loader.epoch(0);
  const Batch batch = loader.next();
  const std::vector<SampleFault> faults = batch.faults();
  ASSERT_EQ(faults.size(), 4U);
  EXPECT_EQ(faults[0].status, SampleStatus::unknown_format);
  EXPECT_EQ(faults[1].message, "the sample is f32 [6]; the dataset's samples are f32 [5]");
  EXPECT_EQ(faults[2].status, SampleStatus::truncated);
  EXPECT_EQ(faults[2].message, "it has 12 bytes of data, and its header says 20");
  EXPECT_EQ(faults[3].message, "the sample is f64 [5]; the dataset's samples are f32 [5]");
}

TEST(NpyFolder, WithoutASoundFileItIsRefused) {
  const test::TemporaryFolder folder;
  folder.write("a.npy", "broken");
  try {
    open_source("npy:" + folder.path().native());
    FAIL() << "not refused";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr("a.npy"), HasSubstr("does not begin")));
  }
}

}  // namespace
}  // namespace slabring
