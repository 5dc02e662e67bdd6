#include "loader/resolve_options.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "slabring/error.hpp"
#include "support/pixel_dataset.hpp"

namespace slabring {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string complaint(const LoaderOptions& options, const Pipeline& pipeline = {}, std::uint64_t samples = 10) {
  const test::PixelDataset dataset(samples);
  try {
    resolve_options(options, dataset, pipeline);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(ResolveOptions, EveryBadValueIsNamedWithItsOption) {
  EXPECT_THAT(complaint({.batch_size = 0}), AllOf(HasSubstr("batch_size is 0"), HasSubstr("from 1 to 4096")));
  EXPECT_THAT(complaint({.batch_size = -5}), HasSubstr("batch_size is -5"));
  EXPECT_THAT(complaint({.batch_size = 5000}), HasSubstr("batch_size is 5000"));
  EXPECT_THAT(complaint({.workers = -1}), HasSubstr("workers is -1"));
  EXPECT_THAT(complaint({.workers = 257}), HasSubstr("workers is 257"));
  EXPECT_THAT(complaint({.prefetch = 1}), AllOf(HasSubstr("prefetch is 1"), HasSubstr("from 2 to 64")));
  EXPECT_THAT(complaint({.prefetch = 65}), HasSubstr("prefetch is 65"));
  EXPECT_THAT(complaint({.rank = 1}), HasSubstr("option rank is 1 and world is not set"));
  EXPECT_THAT(complaint({.world = 2}), HasSubstr("option world is 2 and rank is not set"));
  EXPECT_THAT(complaint({.rank = 0, .world = 0}), AllOf(HasSubstr("world is 0"), HasSubstr("from 1")));
  EXPECT_THAT(complaint({.rank = 3, .world = 3}), AllOf(HasSubstr("rank is 3"), HasSubstr("here 2")));
  EXPECT_THAT(complaint({.rank = -1, .world = 3}), HasSubstr("rank is -1"));
  EXPECT_THAT(complaint({.timeout = std::chrono::milliseconds(-1)}), HasSubstr("timeout is -1 ms"));
  EXPECT_THAT(complaint({}, {}, 0), HasSubstr("empty"));
}

TEST(ResolveOptions, WhatAnotherProgramCannotOpenIsRefusedWithTheWayOut) {
  EXPECT_THAT(complaint({.workers = 1}), AllOf(HasSubstr("recipe()"), HasSubstr("start_method fork or workers 0")));
  const Pipeline with_lambda{Lambda{[](const MutableImageView&, RandomStream&) {}}};
  EXPECT_THAT(complaint({.workers = 1, .start_method = StartMethod::spawn}, with_lambda),
              AllOf(HasSubstr("Lambda"), HasSubstr("start_method spawn")));
  EXPECT_EQ(complaint({.workers = 1, .start_method = StartMethod::fork}, with_lambda), "");
  EXPECT_EQ(complaint({.workers = 0}, with_lambda), "");
}

TEST(ResolveOptions, AutomaticValuesAreFilledIn) {
  const test::PixelDataset dataset(10);
  const auto plain = resolve_options({.start_method = StartMethod::fork}, dataset, {});
  EXPECT_GE(plain.workers.value(), 1);
  EXPECT_EQ(plain.dtype, DType::u8);
  EXPECT_EQ(plain.layout, Layout::nchw);
  const LoaderOptions here{.workers = 0};
  EXPECT_EQ(resolve_options(here, dataset, {Normalize::imagenet()}).dtype, DType::f32);
  Pipeline fixed{Normalize::imagenet()};
  fixed.dtype = DType::f16;
  fixed.layout = Layout::nhwc;
  EXPECT_EQ(resolve_options(here, dataset, fixed).dtype, DType::f16);
  EXPECT_EQ(resolve_options(here, dataset, fixed).layout, Layout::nhwc);
}

}  // namespace
}  // namespace slabring
