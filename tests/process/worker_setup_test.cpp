#include "process/worker_setup.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "slabring/error.hpp"
#include "slabring/version.hpp"

namespace slabring {
namespace {

using ::testing::HasSubstr;

WorkerSetup example() {
  WorkerSetup setup;
  setup.trainer = 4711;
  setup.start_method = StartMethod::spawn;
  setup.supervision = {7, 3, std::chrono::milliseconds(1500), false};
  setup.rows.seed = 0xffffffffffffffff;
  setup.rows.jpeg_decoder = JpegDecoding::libjpeg;
  setup.rows.jpeg_scale = JpegScale::fast;
  setup.dtype = DType::f16;
  setup.layout = Layout::nhwc;
  setup.sample_shape = SampleShape{28, 30, 1};
  setup.pipeline = R"({"transforms": []})";
  setup.dataset = {"image_folder", R"({"root": "/data"})", {11, 12}};
  return setup;
}

TEST(WorkerSetup, SurvivesTheWayThroughJson) {
  const WorkerSetup in = example();
  const WorkerSetup out = WorkerSetup::from_json(in.to_json());
  EXPECT_EQ(out.trainer, 4711);
  EXPECT_EQ(out.start_method, StartMethod::spawn);
  EXPECT_EQ(out.supervision.workers, 7U);
  EXPECT_EQ(out.supervision.attachable, 3U);
  EXPECT_EQ(out.supervision.timeout, std::chrono::milliseconds(1500));
  EXPECT_FALSE(out.supervision.huge_pages);
  EXPECT_EQ(out.rows.seed, in.rows.seed);
  EXPECT_EQ(out.rows.jpeg_decoder, JpegDecoding::libjpeg);
  EXPECT_EQ(out.rows.jpeg_scale, JpegScale::fast);
  EXPECT_EQ(out.dtype, DType::f16);
  EXPECT_EQ(out.layout, Layout::nhwc);
  EXPECT_EQ(out.sample_shape, in.sample_shape);
  EXPECT_EQ(out.pipeline, in.pipeline);
  EXPECT_EQ(out.dataset.kind, in.dataset.kind);
  EXPECT_EQ(out.dataset.config, in.dataset.config);
  EXPECT_EQ(out.dataset.fds.size(), 2U);
}

TEST(WorkerSetup, OtherVersionIsNamed) {
  std::string json = example().to_json();
  const std::string mine{version()};
  json.replace(json.find('"' + mine + '"'), mine.size() + 2, "\"99.1.2\"");
  try {
    WorkerSetup::from_json(json);
    FAIL() << "accepted";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("99.1.2"));
    EXPECT_THAT(error.what(), HasSubstr(mine));
  }
}

TEST(WorkerSetup, ValueThatIsNoEnumeratorIsRefused) {
  std::string json = example().to_json();
  const std::string key = "\"start_method\":1";
  json.replace(json.find(key), key.size(), "\"start_method\":9");
  EXPECT_THROW(WorkerSetup::from_json(json), Error);
}

TEST(WorkerSetup, EveryTruncationIsAnErrorAndNoCrash) {
  const std::string json = example().to_json();
  for (std::size_t length = 0; length < json.size(); ++length) {
    EXPECT_THROW(WorkerSetup::from_json(json.substr(0, length)), Error);
  }
}

TEST(WorkerSetup, TextTravelsThroughAMemfd) {
  const std::string text(100'000, 'z');
  EXPECT_EQ(text_from_memfd(text_to_memfd("test", text).get()), text);
  EXPECT_THROW(text_from_memfd(-1), Error);
}

}  // namespace
}  // namespace slabring
