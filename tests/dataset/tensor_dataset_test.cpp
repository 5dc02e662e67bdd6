#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <string>
#include <vector>

#include "dataset/open_dataset.hpp"
#include "slabring/arrays.hpp"
#include "slabring/error.hpp"
#include "slabring/loader.hpp"
#include "slabring/sources.hpp"
#include "support/count_allocations.hpp"
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

/// 50 samples of 3 x 4 floats, sample i beginning with 100 i; label 2 i.
struct Arrays {
  Arrays() {
    for (int i = 0; i < 50; ++i) {
      for (int k = 0; k < 12; ++k) values.push_back(static_cast<float>(100 * i + k));
      labels.push_back(2 * i);
    }
  }
  ArrayView samples_view() const { return {reinterpret_cast<const std::byte*>(values.data()), DType::f32, {50, 3, 4}}; }
  ArrayView labels_view() const { return {reinterpret_cast<const std::byte*>(labels.data()), DType::i32, {50}}; }
  std::vector<ArrayView> views() const { return {samples_view(), labels_view()}; }

  /// The same as two files.
  std::vector<std::filesystem::path> write(const test::TemporaryFolder& folder) const {
    return {folder.write("x.npy", npy_file("<f4", "(50, 3, 4)", test::bytes_of(std::span(values)))),
            folder.write("y.npy", npy_file("<i4", "(50,)", test::bytes_of(std::span(labels))))};
  }

  std::vector<float> values;
  std::vector<std::int32_t> labels;
};

std::string refusal_of(const auto& arrays) {
  try {
    TensorDataset dataset(arrays);
    return "not refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::dataset);
    return error.what();
  }
}

TEST(TensorDataset, SampleAndLabelLieAtTheSameIndex) {
  const Arrays arrays;
  const test::TemporaryFolder folder;
  const TensorDataset copied(arrays.views());
  const TensorDataset borrowed(arrays.views(), ArrayMemory::borrow);
  const TensorDataset mapped(arrays.write(folder));
  for (const TensorDataset* dataset : {&copied, &borrowed, &mapped}) {
    ASSERT_EQ(dataset->size(), 50U);
    EXPECT_EQ(dataset->sample_array(), (ArrayForm{DType::f32, {3, 4}}));
    Sample sample;
    dataset->load(SampleId{49}, sample);
    EXPECT_EQ(sample.label(), 98);
    EXPECT_EQ(std::memcmp(sample.array().data, &arrays.values[49 * 12], 48), 0);
  }
  EXPECT_THAT(mapped.describe(SampleId{3}), testing::EndsWith("x.npy[3]"));
}

TEST(TensorDataset, OneArrayHasNoLabels) {
  const Arrays arrays;
  const TensorDataset dataset(std::vector{arrays.labels_view()});
  EXPECT_EQ(dataset.sample_array(), (ArrayForm{DType::i32, {}}));
  Sample sample;
  dataset.load(SampleId{7}, sample);
  EXPECT_EQ(sample.label(), -1);
}

/// What sample `id` has of extra array `number`.
template <class T>
T extra_of(const Dataset& dataset, std::uint64_t id, std::size_t number) {
  Sample sample;
  dataset.load(SampleId{id}, sample);
  T value{};
  EXPECT_EQ(sample.extras()[number].size(), sizeof value);
  std::memcpy(&value, sample.extras()[number].data(), sizeof value);
  return value;
}

TEST(TensorDataset, FurtherArraysAreExtraArraysAlsoInAnotherProcess) {
  const Arrays arrays;
  const test::TemporaryFolder folder;
  auto files = arrays.write(folder);
  files.push_back(files[1]);
  files.push_back(files[0]);
  const TensorDatasetOptions named{.names = {"value", "label", "again", "values"}};
  const TensorDataset mapped(files, named);
  const TensorDataset copied(
      std::vector{arrays.samples_view(), arrays.labels_view(), arrays.labels_view(), arrays.samples_view()}, named);
  for (const TensorDataset* dataset : {&copied, &mapped}) {
    const auto opened = open_dataset(*dataset->recipe());
    for (const Dataset* one : {static_cast<const Dataset*>(dataset), static_cast<const Dataset*>(opened.get())}) {
      EXPECT_THAT(one->extra_arrays(),
                  ElementsAre(ExtraArray{"again", {DType::i32, {}}}, ExtraArray{"values", {DType::f32, {3, 4}}}));
      EXPECT_EQ(extra_of<std::int32_t>(*one, 7, 0), 14);
      EXPECT_EQ((extra_of<std::array<float, 12>>(*one, 7, 1)[3]), 703.0F);
      EXPECT_EQ(one->fingerprint(), copied.fingerprint());
      one->will_need(SampleId{49});
    }
  }
  EXPECT_NE(copied.fingerprint(), TensorDataset(arrays.views()).fingerprint());
}

TEST(TensorDataset, ASecondArrayIsLabelsWhereItCanBeAndNobodySaysOtherwise) {
  const Arrays arrays;
  const std::vector labelled{arrays.samples_view(), arrays.labels_view()};
  const std::vector unlabelled{arrays.samples_view(), arrays.samples_view()};
  EXPECT_TRUE(TensorDataset(labelled).has_labels());
  EXPECT_FALSE(TensorDataset(unlabelled).has_labels());
  const TensorDataset told(labelled, {.labels = false});
  EXPECT_THAT(told.extra_arrays(), ElementsAre(ExtraArray{"", {DType::i32, {}}}));
  Sample sample;
  told.load(SampleId{7}, sample);
  EXPECT_EQ(sample.label(), -1);
  try {
    const TensorDataset refused(unlabelled, {.labels = true});
    ADD_FAILURE() << "not refused";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "array 1 is f32 [50, 3, 4]; it is to hold the labels, so it must have one axis and an integer type");
  }
}

TEST(TensorDataset, LoadingAllocatesNothing) {
  const Arrays arrays;
  const TensorDataset dataset(std::vector{arrays.samples_view(), arrays.labels_view(), arrays.samples_view()});
  Sample sample;
  dataset.load(SampleId{0}, sample);  // a Sample keeps its room
  const int before = allocations.load();
  for (std::uint64_t id = 0; id < 50; ++id) {
    sample.reset();
    dataset.load(SampleId{id}, sample);
  }
  EXPECT_EQ(allocations.load(), before);
}

TEST(TensorDataset, WhatDoesNotFitTogetherIsRefusedWithBothShapes) {
  const Arrays arrays;
  const ArrayView all = arrays.samples_view();
  ArrayView fewer = arrays.labels_view();
  fewer.shape = {49};
  EXPECT_THAT(refusal_of(std::vector{all, fewer}), AllOf(HasSubstr("[50, 3, 4]"), HasSubstr("[49]")));
  EXPECT_THAT(refusal_of(std::vector{all, arrays.labels_view(), all, fewer}),
              AllOf(HasSubstr("array 0 has shape [50, 3, 4]"), HasSubstr("array 3 has shape [49]")));
  EXPECT_THAT(refusal_of(std::vector<ArrayView>()), HasSubstr("no array"));
  EXPECT_THAT(refusal_of(std::vector{ArrayView{all.data, DType::f32, {}}}), HasSubstr("no axis"));
  EXPECT_THAT(refusal_of(std::vector{ArrayView{all.data, DType::f32, {3, 0}}}), HasSubstr("no element"));
}

TEST(TensorDataset, FilesThatCannotBeReadAreNamed) {
  const test::TemporaryFolder folder;
  const auto refusal = [&](const std::string& content) {
    return refusal_of(std::vector<std::filesystem::path>{folder.write("bad.npy", content)});
  };
  EXPECT_THAT(refusal(npy_file("<f4", "(3, 4)", "short")),
              AllOf(HasSubstr("bad.npy"), HasSubstr("5 bytes"), HasSubstr("48")));
  EXPECT_THAT(refusal(npy_file(">f4", "(3, 4)", std::string(48, 'x'))),
              AllOf(HasSubstr("bad.npy"), HasSubstr("big-endian")));
  EXPECT_THAT(refusal(""), HasSubstr("empty"));
  EXPECT_THAT(refusal_of(std::vector<std::filesystem::path>{folder.path() / "none.npy"}), HasSubstr("none.npy"));
  EXPECT_THAT(refusal_of(std::vector<std::filesystem::path>{folder.path()}), HasSubstr("is no file"));
}

TEST(TensorDataset, MalformedRecipesAreRefused) {
  const Arrays arrays;
  const TensorDataset dataset(arrays.views());
  DatasetRecipe recipe = *dataset.recipe();
  for (const char* config :
       {"[]", R"([{"dtype": 99, "shape": [1], "offset": 0}])", R"([{"dtype": 2, "shape": [50, -1], "offset": 0}])",
        R"([{"dtype": 2, "shape": [4000000000000000000, 4], "offset": 0}])",
        R"([{"dtype": 2, "shape": [50, 99], "offset": 0}])", R"([{"dtype": 2, "shape": [1], "offset": 99999}])"}) {
    recipe.config = fmt::format(R"({{"labels": false, "names": [], "columns": {}}})", config);
    EXPECT_THROW(open_dataset(recipe), Error) << config;
  }
  for (const char* config :
       {"{}", "[", R"({"labels": 1, "names": [], "columns": []})",
        R"({"labels": false, "names": ["a", "b"], "columns": [{"dtype": 0, "shape": [1], "offset": 0}]})",
        R"({"labels": true, "names": [], "columns": [{"dtype": 0, "shape": [1], "offset": 0},
                                {"dtype": 2, "shape": [1], "offset": 0}]})"}) {
    recipe.config = config;
    EXPECT_THROW(open_dataset(recipe), Error) << config;
  }
}

TEST(TensorDataset, EveryStartMethodDeliversTheSame) {
  const Arrays arrays;
  const test::TemporaryFolder folder;
  const TensorDataset copied(arrays.views());
  const TensorDataset mapped(arrays.write(folder));
  const auto options = [](int workers, StartMethod method) {
    return LoaderOptions{.batch_size = 16, .shuffle = true, .seed = 3, .workers = workers, .start_method = method};
  };
  Loader reference(copied, {}, options(0, StartMethod::fork));
  const auto expected = stream(reference, 2);
  for (const StartMethod method : {StartMethod::forkserver, StartMethod::spawn, StartMethod::fork}) {
    for (const TensorDataset* dataset : {&copied, &mapped}) {
      Loader loader(*dataset, {}, options(2, method));
      EXPECT_EQ(stream(loader, 2), expected) << to_string(method);
    }
  }
}

TEST(TensorDataset, BatchesHaveTheArraysShapeAndType) {
  const Arrays arrays;
  const TensorDataset dataset(arrays.views());
  Loader loader(dataset, {}, {.batch_size = 8, .workers = 2});
  loader.epoch(0);
  const Batch batch = loader.next();
  const Tensor tensor = batch.images();
  EXPECT_EQ(tensor.dtype, DType::f32);
  EXPECT_THAT(tensor.shape, ElementsAre(8, 3, 4));
  EXPECT_THAT(tensor.strides, ElementsAre(48, 16, 4));
  EXPECT_EQ(tensor.as<float>()[5 * 12 + 7], 507.0F);
  EXPECT_EQ(batch.labels()[5], 10);
}

TEST(TensorDataset, ValuesAreConvertedAndStandardizedByWorkers) {
  const Arrays arrays;
  const TensorDataset dataset(arrays.views());
  const LoaderOptions options{.batch_size = 8, .workers = 1};
  LoaderOptions halves = options;
  halves.dtype = DType::f16;
  Loader converted(dataset, {}, halves);
  converted.epoch(0);
  EXPECT_EQ(converted.next().images().as<std::uint16_t>()[12], 0x5640);  // 100
  Loader standardized(dataset, {Standardize()}, options);
  standardized.epoch(0);
  const Batch batch = standardized.next();
  EXPECT_EQ(batch.images().dtype, DType::f32);
  EXPECT_NEAR(batch.images().as<float>()[0], -5.5 / 3.4520525295346629, 1e-6);
}

/// Arrays of which one is another than the dataset says.
class Ragged : public Dataset {
 public:
  std::uint64_t size() const override { return 8; }
  std::optional<ArrayForm> sample_array() const override { return ArrayForm{DType::f32, {3}}; }
  void load(SampleId id, Sample& sample) const override {
    sample.buffer().resize(16);
    sample.from_array({sample.buffer().data(), DType::f32, {to_index(id) == 5 ? 4 : 3}});
  }
};

TEST(ArraySamples, OneOfAnotherShapeIsAFaultOfItsOwn) {
  const Ragged dataset;
  Loader loader(dataset, {}, {.batch_size = 8, .on_error = OnError::mask, .workers = 0});
  loader.epoch(0);
  const Batch batch = loader.next();
  ASSERT_EQ(batch.faults().size(), 1U);
  EXPECT_EQ(batch.faults()[0].status, SampleStatus::wrong_shape);
  EXPECT_EQ(batch.faults()[0].message, "the sample is f32 [4]; the dataset's samples are f32 [3]");
}

TEST(OpenSource, NpyFilesAreRecognised) {
  const Arrays arrays;
  const test::TemporaryFolder folder;
  const auto files = arrays.write(folder);
  EXPECT_EQ(open_source(files[0].native())->size(), 50U);
  const auto labelled = open_source(fmt::format("npy:{}?labels={}", files[0].native(), files[1].native()));
  Sample sample;
  labelled->load(SampleId{4}, sample);
  EXPECT_EQ(sample.label(), 8);
  const auto beside =
      open_source(fmt::format("npy:{}?arrays={},{}", files[0].native(), files[1].native(), files[0].native()));
  EXPECT_EQ(extra_of<std::int32_t>(*beside, 4, 0), 8);
  EXPECT_EQ(beside->extra_arrays().size(), 2U) << "what is named an array is not taken for labels";
  EXPECT_THROW(open_source(fmt::format("npy:{}?labels={}", files[0].native(), files[0].native())), Error);
}

}  // namespace
}  // namespace slabring
