// Samples that have arrays beside image and label, from the dataset to the batch.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <string>
#include <vector>

#include "ring/layout.hpp"
#include "slabring/arrays.hpp"
#include "slabring/cache.hpp"
#include "slabring/combine.hpp"
#include "slabring/error.hpp"
#include "slabring/loader.hpp"
#include "slabring/map.hpp"
#include "slabring/mixture.hpp"
#include "support/pixel_dataset.hpp"
#include "support/refusal.hpp"
#include "support/stream_digest.hpp"

namespace slabring {
namespace {

using test::refusal_of;
using test::stream;
using testing::AllOf;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::uint64_t samples = 41;

/// Images with a mask of two bytes and a weight; sample 5 lacks what `lacks` says.
class Masked : public test::PixelDataset {
 public:
  enum class Lacks : std::uint8_t { nothing, weight, bytes };
  explicit Masked(Lacks lacks = Lacks::nothing) : PixelDataset(samples), lacks_(lacks) {}

  std::span<const ExtraArray> extra_arrays() const noexcept override { return arrays_; }
  void load(SampleId id, Sample& sample) const override {
    PixelDataset::load(id, sample);
    const std::uint64_t index = to_index(id);
    const std::array mask{std::byte(index), std::byte(index + 1)};
    const auto weight = static_cast<float>(index) / 2;
    auto& buffer = sample.buffer();
    const std::size_t pixels = buffer.size();
    buffer.resize(pixels + sizeof mask + sizeof weight);
    std::memcpy(&buffer[pixels], mask.data(), sizeof mask);
    std::memcpy(&buffer[pixels + sizeof mask], &weight, sizeof weight);
    const ImageView& view = sample.pixels();
    sample.from_pixels(
        {reinterpret_cast<const std::uint8_t*>(buffer.data()), view.width, view.height, view.channels, view.stride});
    const Lacks lacks = index == 5 ? lacks_ : Lacks::nothing;
    sample.add_extra(std::span(buffer).subspan(pixels, lacks == Lacks::bytes ? 1 : 2));
    if (lacks != Lacks::weight) sample.add_extra(std::span(buffer).last(sizeof weight));
  }

 private:
  Lacks lacks_;
  std::vector<ExtraArray> arrays_{{"mask", {DType::u8, {2}}}, {"weight", {DType::f32, {}}}};
};

/// Two extra arrays beside arrays of three floats and labels.
SharedDataset tensors() {
  std::vector<float> values(samples * 3);
  std::vector<std::int32_t> labels(samples);
  std::vector<std::uint8_t> masks(samples * 5);
  std::vector<double> weights(samples);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i);
  for (std::size_t i = 0; i < masks.size(); ++i) masks[i] = static_cast<std::uint8_t>(i);
  for (std::size_t i = 0; i < samples; ++i) {
    labels[i] = static_cast<std::int32_t>(i);
    weights[i] = static_cast<double>(i) / 3;
  }
  const auto view = [](const auto& from, DType dtype, const Axes& shape) {
    return ArrayView{reinterpret_cast<const std::byte*>(from.data()), dtype, shape};
  };
  const auto count = static_cast<std::int64_t>(samples);
  const std::array views{view(values, DType::f32, {count, 3}), view(labels, DType::i32, {count}),
                         view(masks, DType::u8, {count, 5}), view(weights, DType::f64, {count})};
  return std::make_shared<TensorDataset>(views, TensorDatasetOptions{.names = {"value", "label", "mask", "weight"}});
}

LoaderOptions options(int workers, StartMethod method = StartMethod::fork) {
  return {.batch_size = 8, .shuffle = true, .seed = 3, .workers = workers, .start_method = method};
}

TEST(ExtraArrays, OfABatchAreTensorsBesideImagesAndLabels) {
  const SharedDataset dataset = tensors();
  Loader loader(*dataset, {}, options(0));
  std::size_t rows = 0;
  for (const Batch& batch : loader.epoch(0)) {
    ASSERT_EQ(batch.extra_arrays().size(), 2U);
    const auto count = static_cast<std::int64_t>(batch.size());
    const Tensor masks = batch.array("mask");
    const Tensor weights = batch.array(1);
    EXPECT_EQ(masks.data, batch.array(0).data);
    EXPECT_THAT(masks.shape, ElementsAre(count, 5));
    EXPECT_THAT(masks.strides, ElementsAre(5, 1));
    EXPECT_EQ(weights.dtype, DType::f64);
    EXPECT_THAT(weights.shape, ElementsAre(count));
    for (std::size_t row = 0; row < batch.size(); ++row, ++rows) {
      const std::uint64_t id = to_index(batch.ids()[row]);
      EXPECT_EQ(batch.images().as<float>()[row * 3], static_cast<float>(id * 3));
      EXPECT_EQ(batch.labels()[row], static_cast<std::int64_t>(id));
      EXPECT_EQ(masks.as<std::uint8_t>()[row * 5 + 4], static_cast<std::uint8_t>(id * 5 + 4));
      EXPECT_EQ(weights.as<double>()[row], static_cast<double>(id) / 3);
    }
  }
  EXPECT_EQ(rows, samples);
}

TEST(ExtraArrays, ThatABatchDoesNotHaveAreRefusedWithThoseItHas) {
  const SharedDataset dataset = tensors();
  Loader loader(*dataset, {}, options(0));
  loader.epoch(0);
  const Batch batch = loader.next();
  EXPECT_THAT(refusal_of([&] { (void)batch.array(2); }, ErrorCode::invalid_argument),
              HasSubstr("extra array 2 was asked for, and the batch has 2"));
  EXPECT_THAT(refusal_of([&] { (void)batch.array("value"); }, ErrorCode::invalid_argument),
              AllOf(HasSubstr("\"value\""), HasSubstr("mask: u8 [5], weight: f64 []")));
}

TEST(ExtraArrays, AreTheSameWithEveryStartMethodWhoeverIsKilled) {
  const SharedDataset dataset = tensors();
  Loader reference(*dataset, {}, options(0));
  const auto expected = stream(reference, 4);
  for (const StartMethod method : {StartMethod::forkserver, StartMethod::spawn, StartMethod::fork}) {
    Loader loader(*dataset, {}, options(2, method));
    std::vector<std::uint64_t> got;
    for (std::uint64_t epoch = 0; epoch < 4; ++epoch) {
      for (Batch& batch : loader.epoch(epoch)) {
        got.push_back(test::digest(batch));
        const auto workers = loader.stats().worker_pids;
        if (got.size() % 3 == 0 && !workers.empty()) kill(workers[got.size() % workers.size()], SIGKILL);
      }
    }
    EXPECT_EQ(got, expected) << to_string(method);
    EXPECT_GT(loader.stats().worker_deaths, 0U);
  }
}

TEST(ExtraArrays, StayAsTheyAreWhileImagesAreTransformed) {
  const Masked dataset;
  Loader loader(dataset, {RandomHorizontalFlip(), CenterCrop(3)}, options(2));
  for (const Batch& batch : loader.epoch(0)) {
    EXPECT_THAT(batch.images().shape, ElementsAre(static_cast<std::int64_t>(batch.size()), 3, 3, 3));
    for (std::size_t row = 0; row < batch.size(); ++row) {
      const std::uint64_t id = to_index(batch.ids()[row]);
      EXPECT_EQ(batch.array("mask").as<std::uint8_t>()[row * 2 + 1], id + 1);
      EXPECT_EQ(batch.array("weight").as<float>()[row], static_cast<float>(id) / 2);
    }
  }
}

TEST(ExtraArrays, OfOtherSizesThanTheDatasetSaysAreAFaultOfTheirSample) {
  const auto fault_of = [](const Dataset& dataset) {
    LoaderOptions masking = options(0);
    masking.on_error = OnError::mask;
    masking.shuffle = false;
    Loader loader(dataset, {}, masking);
    loader.epoch(0);
    const Batch batch = loader.next();
    EXPECT_EQ(batch.faults().size(), 1U);
    EXPECT_EQ(batch.statuses()[5], SampleStatus::wrong_shape);
    EXPECT_EQ(batch.array("weight").as<float>()[5], 0.0F);
    EXPECT_EQ(batch.array("mask").as<std::uint8_t>()[11], 0);
    EXPECT_EQ(batch.array("weight").as<float>()[6], 3.0F);
    return batch.faults().empty() ? std::string() : batch.faults()[0].message;
  };
  EXPECT_THAT(fault_of(Masked(Masked::Lacks::weight)), HasSubstr("1 extra arrays"));
  EXPECT_THAT(fault_of(Masked(Masked::Lacks::bytes)), HasSubstr("1 bytes of extra array 0; each has 2"));
}

TEST(ExtraArrays, OfARowThatASubstituteStandsInForAreTheSubstitutes) {
  const Masked dataset(Masked::Lacks::weight);
  LoaderOptions substituting = options(0);
  substituting.on_error = OnError::substitute;
  Loader loader(dataset, {}, substituting);
  std::size_t substituted = 0;
  for (const Batch& batch : loader.epoch(0)) {
    for (std::size_t row = 0; row < batch.size(); ++row) {
      if (batch.statuses()[row] == SampleStatus::substituted) ++substituted;
      EXPECT_EQ(batch.array("weight").as<float>()[row], static_cast<float>(to_index(batch.ids()[row])) / 2);
    }
  }
  EXPECT_EQ(substituted, 1U);
}

TEST(ExtraArrays, OfARowWithoutASampleAreZero) {
  const SharedDataset dataset = tensors();
  LoaderOptions ranked = options(0);
  ranked.rank = 1;
  ranked.world = 2;
  ranked.uneven = Uneven::exact;
  Loader loader(*dataset, {}, ranked);
  std::size_t absent = 0;
  for (std::uint64_t epoch = 0; epoch < 2; ++epoch) {
    for (const Batch& batch : loader.epoch(epoch)) {
      for (std::size_t row = 0; row < batch.size(); ++row) {
        if (batch.ids()[row] != no_sample) continue;
        ++absent;
        EXPECT_THAT(std::span(batch.array("mask").as<std::uint8_t>() + row * 5, 5), Each(0));
        EXPECT_EQ(batch.array("weight").as<double>()[row], 0.0);
      }
    }
  }
  EXPECT_GT(absent, 0U);
}

TEST(ExtraArrays, PassThroughPartsLabelsMixturesAndCaches) {
  for (const SharedDataset& whole : {tensors(), SharedDataset(std::make_shared<Masked>())}) {
    const auto cache = std::make_shared<CachedDataset>(whole, CacheOptions{1 << 20, CacheOf::decoded});
    const auto relabelled = std::make_shared<RelabelDataset>(whole, RelabelDataset::Labels{{400, 0}});
    const auto part = std::make_shared<Subset>(relabelled, 3, 20);
    const auto both = std::make_shared<ConcatDataset>(std::vector<SharedDataset>{part, cache});
    const MixtureDataset mixture({both, part}, std::array{1.0, 2.0}, {.draws = 200});
    const test::PixelDataset none(2);
    EXPECT_TRUE(none.extra_arrays().empty());
    Loader loader(mixture, {}, options(0));
    for (std::uint64_t epoch = 0; epoch < 2; ++epoch) {
      for (const Batch& batch : loader.epoch(epoch)) {
        ASSERT_EQ(batch.extra_arrays().size(), 2U);
        for (std::size_t row = 0; row < batch.size(); ++row) {
          const std::int64_t label = batch.labels()[row];
          if (batch.array("weight").dtype == DType::f64) {
            EXPECT_EQ(batch.array("weight").as<double>()[row], static_cast<double>(label) / 3);
          } else {
            EXPECT_EQ(batch.array("weight").as<float>()[row], static_cast<float>(label) / 6);  // labels are 3 id
            EXPECT_EQ(batch.array("mask").as<std::uint8_t>()[2 * row], label / 3);
          }
        }
      }
    }
    EXPECT_GT(cache->stats().hits, 0U);
  }
}

TEST(ExtraArrays, OfPartsThatDifferAreRefusedWithBoth) {
  EXPECT_THAT(refusal_of([] {
                ConcatDataset({std::make_shared<Masked>(), std::make_shared<test::PixelDataset>(4)});
              }),
              AllOf(HasSubstr("images of 3 channels with extra arrays (mask: u8 [2], weight: f32 [])"),
                    HasSubstr("images of 3 channels;")));
}

TEST(ExtraArrays, OfWhichARowWouldHaveTwoSamplesAreRefused) {
  const Masked dataset;
  EXPECT_THAT(refusal_of(
                  [&] {
                    Loader(dataset, {CenterCrop(3), MixUp(200)}, options(0));
                  },
                  ErrorCode::pipeline),
              AllOf(HasSubstr("MixUp"), HasSubstr("mask: u8 [2]")));
}

/// A dataset that says what no batch can hold.
class Boastful : public test::PixelDataset {
 public:
  explicit Boastful(std::vector<ExtraArray> arrays) : PixelDataset(4), arrays_(std::move(arrays)) {}
  std::span<const ExtraArray> extra_arrays() const noexcept override { return arrays_; }

 private:
  std::vector<ExtraArray> arrays_;
};

TEST(ExtraArrays, ThatNoBatchCanHoldAreRefused) {
  const auto refusal = [](std::vector<ExtraArray> arrays, ErrorCode code = ErrorCode::dataset) {
    const Boastful dataset(std::move(arrays));
    return refusal_of([&] { Loader(dataset, {}, {.batch_size = 2, .workers = 0}); }, code);
  };
  constexpr std::int64_t huge = std::int64_t{1} << 40;
  EXPECT_THAT(refusal({{"", {DType::u8, {4, 0}}}}), HasSubstr("extra array 0 is u8 [4, 0]"));
  EXPECT_THAT(refusal({{"depth", {DType::f32, {huge, huge}}}}), HasSubstr("extra array 0 (depth) is f32"));
  EXPECT_THAT(refusal({{"", {DType::u8, {huge}}}}, ErrorCode::memory), HasSubstr("extra arrays is out of range"));
  EXPECT_THAT(refusal({{"", {DType::u8, {1, 1, 1, 1, 1, 1, 1, 1}}}}), HasSubstr("it may have 7 axes"));
  EXPECT_THAT(refusal({{"a", {}}, {"", {}}, {"", {}}, {"a", {}}}), HasSubstr("two extra arrays are called \"a\""));
  EXPECT_THAT(refusal(std::vector<ExtraArray>(ring::max_extra_arrays + 1)), HasSubstr("a batch has places for 62"));
}

}  // namespace
}  // namespace slabring
