#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

TEST(TensorDataset, LoadingAllocatesNothing) {
  const Arrays arrays;
  const TensorDataset dataset(arrays.views());
  Sample sample;
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
  EXPECT_THAT(refusal_of(std::vector{all, all}), HasSubstr("labels"));
  EXPECT_THAT(refusal_of(std::vector{all, arrays.labels_view(), all}), HasSubstr("3 arrays"));
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
       {"{}", "[", R"({"columns": []})", R"({"columns": [{"dtype": 99, "shape": [1], "offset": 0}]})",
        R"({"columns": [{"dtype": 2, "shape": [50, -1], "offset": 0}]})",
        R"({"columns": [{"dtype": 2, "shape": [4000000000000000000, 4], "offset": 0}]})",
        R"({"columns": [{"dtype": 2, "shape": [50, 99], "offset": 0}]})",
        R"({"columns": [{"dtype": 2, "shape": [1], "offset": 99999}]})"}) {
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
}

}  // namespace
}  // namespace slabring
