// Files that numpy wrote, read by slabring.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "slabring/error.hpp"
#include "slabring/loader.hpp"
#include "slabring/sources.hpp"
#include "support/source_refusal.hpp"

namespace slabring {
namespace {

using test::refusal_of;
using testing::AllOf;
using testing::HasSubstr;

namespace fs = std::filesystem;

const std::string cases = NUMPY_CASES;

TEST(NumpyFiles, OfEveryTypeAreReadByteForByte) {
  int files = 0;
  for (const auto& entry : fs::directory_iterator(cases + "/sound")) {
    if (entry.path().extension() != ".npy") continue;
    const auto dataset = open_source(entry.path().native());
    std::string elements;
    Sample sample;
    for (std::uint64_t id = 0; id < dataset->size(); ++id) {
      dataset->load(SampleId{id}, sample);
      elements.append(reinterpret_cast<const char*>(sample.array().data), sample.array().size_bytes());
    }
    std::ifstream in(fs::path(entry.path()).replace_extension(".bytes"), std::ios::binary);
    EXPECT_EQ(elements, std::string(std::istreambuf_iterator<char>(in), {})) << entry.path();
    ++files;
  }
  EXPECT_EQ(files, 18);
}

TEST(NumpyFiles, OfWhatIsNotReadAreRefusedWithASentence) {
  const auto refusal = [](const std::string& name) { return refusal_of(cases + "/refused/" + name); };
  EXPECT_THAT(refusal("big_endian.npy"), AllOf(HasSubstr("big_endian.npy"), HasSubstr("big-endian")));
  EXPECT_THAT(refusal("fortran.npy"), AllOf(HasSubstr("fortran.npy"), HasSubstr("ascontiguousarray")));
  EXPECT_THAT(refusal("cut_off.npy"), HasSubstr("bytes of data"));
  EXPECT_THAT(refusal("nothing.npy"), HasSubstr("no element"));
  EXPECT_THAT(refusal("one_number.npy"), HasSubstr("no axis"));
  EXPECT_THAT(refusal("several.npz"), HasSubstr("KIND:"));
  for (const char* name : {"complex", "objects", "words", "records", "dates"}) {
    EXPECT_THAT(refusal(fmt::format("{}.npy", name)), HasSubstr(fmt::format("{}.npy", name)));
  }
  EXPECT_THAT(refusal_of(cases + "/sound/f4.npy?labels=" + cases + "/sound/f8.npy"), HasSubstr("labels"));
  EXPECT_THAT(refusal_of(cases + "/sound/f4.npy?labels=" + cases + "/sound/vector.npy"),
              AllOf(HasSubstr("[7, 3, 2]"), HasSubstr("[5]")));
}

TEST(NumpyFiles, OfOtherShapesInAFolderAreFaultsAndTheOthersAreDelivered) {
  const auto dataset = open_source("npy:" + cases + "/ragged");
  Loader loader(*dataset, {}, {.batch_size = 6, .on_error = OnError::mask, .workers = 1});
  loader.epoch(0);
  const Batch batch = loader.next();
  ASSERT_EQ(batch.size(), 6U);
  std::vector<float> firsts;
  for (std::size_t row = 0; row < 6; ++row) {
    if (batch.statuses()[row] == SampleStatus::ok) firsts.push_back(batch.images().as<float>()[row * 6]);
  }
  EXPECT_THAT(firsts, testing::ElementsAre(0, 4, 1));  // a: 0 2 4; b: 1 3 5
  const std::vector<SampleFault> faults = batch.faults();
  ASSERT_EQ(faults.size(), 3U);
  EXPECT_THAT(faults[0].message, AllOf(HasSubstr("[3, 2]"), HasSubstr("[2, 3]")));
  EXPECT_THAT(faults[1].message, HasSubstr("[6]"));
  EXPECT_THAT(faults[2].message, HasSubstr("big-endian"));
}

}  // namespace
}  // namespace slabring
